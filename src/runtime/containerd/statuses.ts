import { isAbsolute } from "node:path"
import type { TypeOf } from "../../machinery/schema/schema.ts"
import type { Container, ContainerId, ContainerStatus, ExitReason } from "../container.ts"
import type * as containers from "../cri/container-messages.ts"
import { CONTAINER_STATES, SANDBOX_STATES, SIGNALS } from "../cri/enums.ts"
import { imageSpecOf, mountOf } from "../cri/mounts.ts"
import { namespacesOf } from "../cri/namespaces.ts"
import { bigNanoseconds } from "../cri/nanoseconds.ts"
import { resourcesOf } from "../cri/resources.ts"
import type * as sandboxes from "../cri/sandbox-messages.ts"
import type { PodSandbox, PodSandboxStatus, SandboxId } from "../sandbox.ts"
import { detailsOf } from "./details.ts"

/** Runtimes name a container's image by any of the names that the image has by now, so what the user wrote goes with it. */
export const userImageAnnotation = "gantry.dev/user-specified-image"

/** What a runtime says about sandboxes and containers, as the port has it. */
export function sandboxOf(message: TypeOf<typeof sandboxes.PodSandbox>): PodSandbox {
  const { annotations = {}, createdAt, id = "", labels = {}, metadata = {}, runtimeHandler = "", state = 0 } = message
  const { attempt = 0, name = "", namespace = "", uid = "" } = metadata
  return {
    id: id as SandboxId,
    metadata: { name, uid, namespace, attempt },
    state: SANDBOX_STATES[state] ?? "NOTREADY",
    createdAtNs: bigNanoseconds(createdAt),
    labels,
    annotations,
    runtimeHandler,
  }
}

export function sandboxStatusOf(response: TypeOf<typeof sandboxes.PodSandboxStatusResponse>): PodSandboxStatus {
  const { info, status = {} } = response
  const { ip = "", additionalIps = [] } = status.network ?? {}
  const namespaceOptions = namespacesOf(status.linux?.namespaces?.options)
  const { netnsPath } = detailsOf(info)
  return {
    ...sandboxOf(status),
    ips: [ip, ...additionalIps.map((each) => each.ip ?? "")].filter((each) => each !== ""),
    namespaceOptions,
    netnsPath: namespaceOptions.network === "NODE" ? "" : netnsPath,
  }
}

export function containerOf(message: TypeOf<typeof containers.Container>): Container {
  const { createdAt, id = "", image, labels = {}, metadata = {}, podSandboxId = "" } = message
  const { imageId, imageRef = "", state = 0 } = message
  const { attempt = 0, name = "" } = metadata
  const { [userImageAnnotation]: userImage, ...annotations } = message.annotations ?? {}
  return {
    id: id as ContainerId,
    sandboxId: podSandboxId as SandboxId,
    metadata: { name, attempt },
    image: { ...imageSpecOf(image), ...(userImage !== undefined && { userSpecifiedImage: userImage }) },
    imageRef,
    // Runtimes of before 1.30 have one word for both.
    imageId: imageId || imageRef,
    state: CONTAINER_STATES[state] ?? "UNKNOWN",
    createdAtNs: bigNanoseconds(createdAt),
    labels,
    annotations,
  }
}

/** `sandboxId`: CRI leaves it out of the status. */
export function containerStatusOf(
  response: TypeOf<typeof containers.ContainerStatusResponse>,
  sandboxId: SandboxId,
): ContainerStatus {
  const { info, status = {} } = response
  const { exitCode = 0, finishedAt, logPath = "", message = "", mounts = [], startedAt, stopSignal = 0 } = status
  const details = detailsOf(info)
  const container = { ...containerOf(status), sandboxId }
  const { uid = 0, gid = 0, supplementalGroups = [] } = status.user?.linux ?? {}
  const isRunning = container.state === "RUNNING"
  const [startedAtNs, finishedAtNs] = [bigNanoseconds(startedAt), bigNanoseconds(finishedAt)]
  // Containerd notes the start after it: a process that ends at once has ended before.
  const endedFirst = finishedAtNs > 0n && finishedAtNs < startedAtNs
  return {
    ...container,
    startedAtNs: endedFirst ? finishedAtNs : startedAtNs,
    finishedAtNs,
    exitCode,
    reason: reasonOf(status.reason ?? ""),
    message,
    logPath: isAbsolute(logPath) ? logPath : "",
    mounts: mounts.map(mountOf),
    resources: resourcesOf(status.resources?.linux, false),
    ...(status.user?.linux && { user: { uid, gid, supplementalGroups } }),
    pid: isRunning ? details.pid : 0,
    warnings: details.warnings,
    stopSignal: SIGNALS[stopSignal] ?? "",
  }
}

const REASONS: ReadonlySet<string> = new Set<ExitReason>([
  "Completed",
  "Error",
  "OOMKilled",
  "ContainerCannotRun",
  "StartError",
])

/** Runtimes have further words, such as `Unknown` for a container whose end nobody saw. */
function reasonOf(text: string): ExitReason | "" {
  if (text === "") return ""
  return REASONS.has(text) ? (text as ExitReason) : "Error"
}
