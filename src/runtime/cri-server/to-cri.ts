import { numberFromText } from "../../machinery/json/exact-number.ts"
import type { InputOf } from "../../machinery/schema/schema.ts"
import type { Container, ContainerStatus, ImageSpec, Mount } from "../container.ts"
import type * as containers from "../cri/container-messages.ts"
import { CONTAINER_STATES, NAMESPACE_MODES, numberOf, PROPAGATIONS, SANDBOX_STATES, SIGNALS } from "../cri/enums.ts"
import type * as sandboxes from "../cri/sandbox-messages.ts"
import type { NamespaceOptions, PodSandbox, PodSandboxStatus } from "../sandbox.ts"
import { resourcesMessage } from "./resources.ts"

/** Nanoseconds exactly: what a double cannot hold is an `ExactNumber`, which the codec writes like a number. */
export const nanoseconds = (value: bigint): number => numberFromText(value.toString()) as number

export function sandboxMessage(sandbox: PodSandbox): InputOf<typeof sandboxes.PodSandbox> {
  const { annotations, createdAtNs, id, labels, metadata, runtimeHandler, state } = sandbox
  return {
    id,
    metadata: { ...metadata },
    state: numberOf(SANDBOX_STATES, state),
    createdAt: nanoseconds(createdAtNs),
    labels,
    annotations,
    runtimeHandler,
  }
}

export function sandboxStatusMessage(status: PodSandboxStatus): InputOf<typeof sandboxes.PodSandboxStatus> {
  const [ip = "", ...additional] = status.ips
  return {
    ...sandboxMessage(status),
    network: { ip, additionalIps: additional.map((each) => ({ ip: each })) },
    linux: { namespaces: { options: namespacesMessage(status.namespaceOptions) } },
  }
}

function namespacesMessage({ ipc, network, pid, targetId, userns }: NamespaceOptions) {
  return {
    network: numberOf(NAMESPACE_MODES, network),
    ipc: numberOf(NAMESPACE_MODES, ipc),
    pid: numberOf(NAMESPACE_MODES, pid),
    ...(targetId !== undefined && { targetId }),
    ...(userns && {
      usernsOptions: { mode: numberOf(NAMESPACE_MODES, userns.mode), uids: userns.uids, gids: userns.gids },
    }),
  }
}

export function imageSpecMessage({ image, runtimeHandler, userSpecifiedImage }: ImageSpec) {
  return { image, userSpecifiedImage, ...(runtimeHandler !== undefined && { runtimeHandler }) }
}

export function containerMessage(container: Container): InputOf<typeof containers.Container> {
  const { annotations, createdAtNs, id, image, imageId, imageRef, labels, metadata, sandboxId, state } = container
  return {
    id,
    podSandboxId: sandboxId,
    metadata: { ...metadata },
    image: imageSpecMessage(image),
    imageRef,
    imageId,
    state: numberOf(CONTAINER_STATES, state),
    createdAt: nanoseconds(createdAtNs),
    labels,
    annotations,
  }
}

export function containerStatusMessage(status: ContainerStatus): InputOf<typeof containers.ContainerStatus> {
  const { exitCode, finishedAtNs, id, image, imageId, imageRef, logPath, message, metadata, mounts } = status
  const { annotations, createdAtNs, labels, reason, resources, startedAtNs, state, stopSignal, user } = status
  const signal = SIGNALS.indexOf(stopSignal)
  return {
    id,
    metadata: { ...metadata },
    state: numberOf(CONTAINER_STATES, state),
    createdAt: nanoseconds(createdAtNs),
    startedAt: nanoseconds(startedAtNs),
    finishedAt: nanoseconds(finishedAtNs),
    exitCode,
    image: imageSpecMessage(image),
    imageRef,
    imageId,
    reason,
    message,
    labels,
    annotations,
    mounts: mounts.map(mountMessage),
    logPath,
    resources: { linux: resourcesMessage(resources) },
    ...(user && { user: { linux: { uid: user.uid, gid: user.gid, supplementalGroups: user.supplementalGroups } } }),
    ...(signal > 0 && { stopSignal: signal }),
  }
}

function mountMessage(mount: Mount): InputOf<typeof containers.Mount> {
  const { containerPath, hostPath, image, imageSubPath, propagation, readonly, recursiveReadOnly, selinuxRelabel } =
    mount
  return {
    containerPath,
    hostPath,
    readonly,
    propagation: numberOf(PROPAGATIONS, propagation),
    ...(selinuxRelabel && { selinuxRelabel }),
    ...(recursiveReadOnly && { recursiveReadOnly }),
    ...(image && { image: imageSpecMessage(image) }),
    ...(imageSubPath !== undefined && { imageSubPath }),
  }
}
