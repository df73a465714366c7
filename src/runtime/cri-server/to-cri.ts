import type { InputOf } from "../../machinery/schema/schema.ts"
import type { Container, ContainerStatus } from "../container.ts"
import type * as containers from "../cri/container-messages.ts"
import { CONTAINER_STATES, numberOf, SANDBOX_STATES, SIGNALS } from "../cri/enums.ts"
import { imageSpecMessage, mountMessage } from "../cri/mounts.ts"
import { namespacesMessage } from "../cri/namespaces.ts"
import { nanoseconds } from "../cri/nanoseconds.ts"
import { resourcesMessage } from "../cri/resources.ts"
import type * as sandboxes from "../cri/sandbox-messages.ts"
import type { PodSandbox, PodSandboxStatus } from "../sandbox.ts"

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
