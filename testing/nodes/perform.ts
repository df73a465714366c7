import type { EventRecorder } from "../../src/client/event-recorder.ts"
import { createImageEnsurer } from "../../src/kubelet/image/ensure-image.ts"
import type { Action } from "../../src/kubelet/pod/actions.ts"
import { findContainer, type PodContainer } from "../../src/kubelet/pod/containers.ts"
import { newest, type PodRuntime, readySandbox } from "../../src/kubelet/pod/facts.ts"
import type { Operations } from "../../src/kubelet/pod/operations.ts"
import { resourcesAnnotation, resourcesText } from "../../src/kubelet/pod/resize.ts"
import { backoffAnnotation } from "../../src/kubelet/pod/restart.ts"
import type { Performer } from "../../src/kubelet/pod/worker-environment.ts"
import { defaultSettings } from "../../src/kubelet/settings/settings.ts"
import type { Platform } from "../../src/platform/platform.ts"
import type { ContainerId, ContainerStatus, ExitReason, SandboxId } from "../../src/runtime/runtime.ts"
import { msOf } from "../duration.ts"
import type { ContainerWorld } from "./container-world.ts"
import { fakeImages, imageId } from "./fake-images.ts"
import type { Exit, StageRules, Stages } from "./stages.ts"

export interface FakeNodeParts {
  readonly platform: Platform
  /** For what tests have set: nobody waits for it unasked. */
  readonly stageClock: Platform["clock"]
  readonly events: Pick<EventRecorder, "record">
  readonly world: ContainerWorld
  readonly stages: StageRules
  /** The next free address of the node's pods. */
  readonly address: () => string
}

/** As the kubelet's: failed starts are tried again after this. */
const RETRY_MS = 10_000
/** Ended by SIGTERM, and by SIGKILL. */
const TERMINATED = 143
const KILLED = 137

/** Does what the kubelet's pure functions ask for to containers that exist in memory only. */
export function fakePerformer(parts: FakeNodeParts): Performer {
  const { platform } = parts
  const images = fakeImages(parts.stageClock)
  const ensurer = createImageEnsurer({
    platform,
    events: parts.events,
    images,
    settings: defaultSettings,
    credentials: () => Promise.resolve([]),
    pullRecords: images.pullRecords,
    pullGate: { run: (work) => work() },
  })
  return async (operations, action) => {
    const pod = operations.pod()
    const { uid } = pod.metadata
    switch (action.do) {
      case "mount-volumes":
        return operations.setVolumesMounted(true)
      case "run-sandbox":
        return runSandbox(parts, operations, action.attempt)
      case "ensure-image": {
        const { container, wanted } = action
        operations.images.set(wanted.key, { state: "checking" })
        images.follow(wanted.image, parts.stages.of(pod, container.spec))
        const onPulling = () => operations.images.set(wanted.key, { state: "pulling" })
        operations.images.set(wanted.key, await ensurer.ensure(pod, wanted, operations.running, onPulling))
        return
      }
      case "start-container":
        return start(parts, operations, action)
      case "kill-container":
        return kill(parts, operations, action)
      case "resize-container":
        return void operations.actuated.set(action.id, resourcesText(action.container.spec))
      case "stop-sandbox":
        return parts.world.stopSandbox(uid, action.id)
      case "remove-container":
        return parts.world.removeContainer(uid, action.id)
    }
  }
}

const inNs = (ms: number): bigint => BigInt(Math.trunc(ms)) * 1_000_000n
const newId = ({ platform }: FakeNodeParts): string => Buffer.from(platform.random.bytes(32)).toString("hex")

function runSandbox(parts: FakeNodeParts, operations: Operations, attempt: number): void {
  const { name, namespace, uid } = operations.pod().metadata
  parts.world.addSandbox(uid, {
    id: newId(parts) as SandboxId,
    metadata: { name, namespace, uid, attempt },
    state: "READY",
    createdAtNs: inNs(parts.platform.clock.nowMs()),
    labels: {},
    annotations: {},
    runtimeHandler: "",
    ips: operations.pod().spec.hostNetwork ? [] : [parts.address()],
    namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" },
    netnsPath: "",
  })
}

async function start(
  parts: FakeNodeParts,
  operations: Operations,
  action: Extract<Action, { do: "start-container" }>,
): Promise<void> {
  const { events, platform, stageClock, world } = parts
  const { container } = action
  const { fieldPath, spec } = container
  const pod = operations.pod()
  const { uid } = pod.metadata
  const stages = parts.stages.of(pod, spec)
  await pause(stageClock, stages.start, operations.running)
  const sandbox = readySandbox(world.of(uid))
  if (operations.running.aborted || operations.signal.aborted || sandbox === undefined) return
  operations.failures.delete(spec.name)
  if (stages.startError !== undefined) {
    events.record(pod, "Warning", "Failed", `Error: ${stages.startError}`, { fieldPath })
    const retryAtMs = platform.clock.monotonicMs() + RETRY_MS
    operations.failures.set(spec.name, { reason: "RunContainerError", message: stages.startError, retryAtMs })
    operations.images.delete(spec.name)
    return
  }
  const id = newId(parts) as ContainerId
  events.record(pod, "Normal", "Created", "Container created", { fieldPath })
  world.addContainer(uid, made(parts, action, sandbox.id, id), stages.ready === undefined || stages.ready === 0)
  events.record(pod, "Normal", "Started", "Container started", { fieldPath })
  operations.images.delete(spec.name)
  unfold(parts, uid, id, stages)
  const end = exitOf(container, action.attempt, stages)
  if (end === undefined) return
  const reason = end.reason ?? (end.code === 0 ? "Completed" : "Error")
  const exit = () => world.exit(uid, id, { exitCode: end.code, reason, message: end.message ?? "" })
  const afterMs = msOf(end.after ?? 0)
  if (afterMs === 0) exit()
  else stageClock.after(afterMs, exit)
}

function made(
  { platform }: FakeNodeParts,
  { attempt, container: { spec }, nextPauseMs }: Extract<Action, { do: "start-container" }>,
  sandboxId: SandboxId,
  id: ContainerId,
): ContainerStatus {
  const nowNs = inNs(platform.clock.nowMs())
  const image = spec.image ?? ""
  return {
    id,
    sandboxId,
    metadata: { name: spec.name, attempt },
    image: { image, userSpecifiedImage: image, annotations: {}, runtimeHandler: "" },
    imageRef: `${image.split("@")[0]}@${imageId(image)}`,
    imageId: imageId(image),
    state: "RUNNING",
    createdAtNs: nowNs,
    labels: {},
    annotations: {
      ...(nextPauseMs > 0 && { [backoffAnnotation]: String(nextPauseMs) }),
      [resourcesAnnotation]: resourcesText(spec),
    },
    startedAtNs: nowNs,
    finishedAtNs: 0n,
    exitCode: 0,
    reason: "",
    message: "",
    logPath: "",
    mounts: [],
    resources: {},
    pid: 1,
    warnings: [],
    stopSignal: "SIGTERM",
  } as ContainerStatus
}

/** What happens to a container's readiness while it runs. */
function unfold({ stageClock, world }: FakeNodeParts, uid: string, id: ContainerId, stages: Stages): void {
  const { flips = [], ready } = stages
  if (ready !== undefined && ready !== false && msOf(ready) > 0) {
    stageClock.after(msOf(ready), () => world.probe(uid, id, () => ({ readiness: "success" })))
  }
  for (const flip of flips) {
    stageClock.after(msOf(flip), () =>
      world.probe(uid, id, ({ readiness }) => ({ readiness: readiness === "success" ? "failure" : "success" })),
    )
  }
}

function exitOf({ kind }: PodContainer, attempt: number, { exit }: Stages): Exit | undefined {
  if (exit === undefined) return kind === "init" ? { code: 0 } : undefined
  if (exit === false || attempt >= (exit.times ?? Infinity))
    return kind === "init" && exit !== false ? { code: 0 } : undefined
  return exit
}

async function kill(
  { events, stageClock, stages, world }: FakeNodeParts,
  operations: Operations,
  { graceMs, id, message, name }: Extract<Action, { do: "kill-container" }>,
): Promise<void> {
  const pod = operations.pod()
  const { uid } = pod.metadata
  const container = findContainer(pod, name)
  events.record(pod, "Normal", "Killing", message, { fieldPath: container?.fieldPath ?? `spec.containers{${name}}` })
  const stopMs = msOf((container && stages.of(pod, container.spec).stop) ?? 0)
  await pause(stageClock, Math.min(stopMs, graceMs), operations.signal)
  // A kubelet that was ended meanwhile no longer cares for its containers.
  if (operations.signal.aborted) return
  const exitCode = stopMs > graceMs ? KILLED : TERMINATED
  world.exit(uid, id, { exitCode, reason: "Error" satisfies ExitReason, message: "" })
}

async function pause(clock: Platform["clock"], duration: Stages["start"], signal: AbortSignal): Promise<void> {
  const ms = msOf(duration ?? 0)
  if (ms > 0) await clock.sleep(ms, signal).catch(() => undefined)
}

/** The running instance of a container; of the first one when none is named. */
export function runningContainer(runtime: PodRuntime, name: string | undefined): ContainerStatus | undefined {
  if (name !== undefined) return newest(runtime, name)
  return runtime.containers.find(({ state }) => state === "RUNNING")
}
