import type { ContainerState, ContainerStatus, ResourceStatus } from "../../api/core/v1/container-status.ts"
import type { ContainerStatus as RuntimeStatus } from "../../runtime/runtime.ts"
import type { Waiting } from "../pod/actions.ts"
import type { PodContainer } from "../pod/containers.ts"
import type { ProbeFacts } from "../pod/facts.ts"
import { restartingAll } from "../pod/restart-all.ts"
import { timeOfNs } from "./times.ts"

/** What the status of one container is made from. */
export interface ContainerFacts {
  readonly container: PodContainer
  /** Instances in the runtime, newest first. */
  readonly instances: readonly RuntimeStatus[]
  readonly waiting: Waiting | undefined
  readonly probes: ProbeFacts | undefined
  /** Exit messages by container id, as `termination-message.ts` found them. */
  readonly messages: ReadonlyMap<string, string>
  /** Of the container runtime, as in container ids: `<name>://<id>`. */
  readonly runtimeName: string
  /** The requests and limits that a running container has. */
  readonly resources: ContainerStatus["resources"]
  /** The health of its devices. */
  readonly devices: readonly ResourceStatus[]
  /** As last reported. */
  readonly previous: ContainerStatus | undefined
  readonly podHasInit: boolean
  /** A regular container exists, so init containers that left no trace have succeeded. */
  readonly initialized: boolean
  /** The pod is being ended: what is gone is not waiting for anything. */
  readonly ending: boolean
  /** All containers of the pod are removed, to begin anew. */
  readonly restartingAll: boolean
  readonly restarts: (exitCode: number) => boolean
}

/** The status of a container as the API shows it. */
export function containerStatus(facts: ContainerFacts): ContainerStatus {
  const { container, instances, previous } = facts
  const [current, before] = instances
  if (current === undefined) return withoutInstance(facts)
  const state = currentState(facts, current)
  const ended = before === undefined ? previous?.lastState?.terminated : terminated(facts, before)
  const waits = state.waiting !== undefined && current.state === "EXITED"
  const last = waits ? terminated(facts, current) : ended
  const running = state.running !== undefined
  const { ready, started } = readiness(facts, current, state)
  return {
    name: container.spec.name,
    state,
    lastState: last === undefined ? {} : { terminated: last },
    ready,
    restartCount: Math.max(current.metadata.attempt, previous?.restartCount ?? 0),
    image: current.image.userSpecifiedImage || (container.spec.image ?? ""),
    imageID: current.imageRef,
    containerID: `${facts.runtimeName}://${current.id}`,
    started,
    ...resourcesOf(facts, running),
    ...mountsOf(facts),
    ...devicesOf(facts),
    ...(current.user
      ? { user: { linux: { ...current.user, supplementalGroups: current.user.supplementalGroups } } }
      : {}),
    ...(container.spec.lifecycle?.stopSignal ? { stopSignal: container.spec.lifecycle.stopSignal } : {}),
  }
}

function currentState(facts: ContainerFacts, current: RuntimeStatus): ContainerState {
  switch (current.state) {
    case "RUNNING":
      return { running: { startedAt: timeOfNs(current.startedAtNs) } }
    case "EXITED":
      if (facts.waiting !== undefined && !facts.ending && facts.restarts(current.exitCode))
        return { waiting: facts.waiting }
      return { terminated: terminated(facts, current) }
    default:
      return { waiting: facts.waiting ?? { reason: facts.podHasInit ? "PodInitializing" : "ContainerCreating" } }
  }
}

function terminated({ messages, runtimeName }: ContainerFacts, status: RuntimeStatus) {
  const message = messages.get(status.id) ?? status.message
  return {
    exitCode: status.exitCode,
    reason: status.reason || (status.exitCode === 0 ? "Completed" : "Error"),
    ...(message ? { message } : {}),
    startedAt: timeOfNs(status.startedAtNs),
    finishedAt: timeOfNs(status.finishedAtNs),
    containerID: `${runtimeName}://${status.id}`,
  }
}

function readiness(facts: ContainerFacts, current: RuntimeStatus, state: ContainerState) {
  const { kind } = facts.container
  if (kind === "init") return { ready: state.terminated?.exitCode === 0, started: state.running !== undefined }
  if (state.running === undefined) return { ready: false, started: false }
  // Ephemeral containers have no probes and do not count for readiness.
  const started = facts.probes === undefined || facts.probes.startup === "success"
  const ready = kind !== "ephemeral" && started && (facts.probes?.readiness ?? "success") === "success"
  return { ready, started: started && current.state === "RUNNING" }
}

/** The runtime has nothing of it: not yet, or not any more. */
function withoutInstance(facts: ContainerFacts): ContainerStatus {
  const { container, previous } = facts
  const base = {
    name: container.spec.name,
    lastState: previous?.lastState ?? {},
    ready: false,
    restartCount: previous?.restartCount ?? 0,
    image: container.spec.image ?? "",
    imageID: "",
    started: false,
    ...resourcesOf(facts, false),
    ...mountsOf(facts),
    ...devicesOf(facts),
  }
  if (facts.restartingAll && previous !== undefined && !facts.ending) return removed(facts, base, previous)
  if (previous?.state?.terminated !== undefined) return previous
  if (container.kind === "init" && facts.initialized) {
    const message =
      "Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally"
    return { ...base, ready: true, state: { terminated: { exitCode: 0, reason: "Completed", message } } }
  }
  const waiting = facts.waiting ?? { reason: facts.podHasInit ? "PodInitializing" : "ContainerCreating" }
  const ran = previous?.state?.running !== undefined
  const paused = previous?.containerID !== undefined && previous.lastState?.terminated !== undefined
  if (!ran && !paused) return { ...base, state: { waiting } }
  // Counted once, because without a container id it is neither the next time.
  const restartCount = base.restartCount + (facts.ending ? 0 : 1)
  if (!ran) return { ...base, restartCount, state: { waiting } }
  // It ran when last seen and its remains are gone, so that it must not look as if it had never started.
  const message = "The container could not be located when the pod was deleted.  The container used to be Running"
  const lost = { exitCode: 137, reason: "ContainerStatusUnknown", message }
  return { ...base, restartCount, state: { waiting }, lastState: { terminated: lost } }
}

/** It is counted once, when it goes; also when it was to start together with the one that asked for all to begin anew. */
function removed(
  { container, initialized }: ContainerFacts,
  base: Omit<ContainerStatus, "state">,
  previous: ContainerStatus,
): ContainerStatus {
  if (previous.state?.waiting?.reason === restartingAll) return previous
  const message = "The container is removed because RestartAllContainers in place"
  const wasThere = previous.state?.waiting === undefined || previous.containerID !== undefined
  const counts = wasThere || (initialized && container.kind === "regular")
  return {
    ...base,
    restartCount: base.restartCount + (counts ? 1 : 0),
    state: { waiting: { reason: restartingAll, message } },
    lastState: { terminated: { exitCode: 137, reason: restartingAll, message } },
  }
}

/** What was set aside, and what is in force: while a resize is under way they differ. */
function resourcesOf({ container: { kind, spec }, resources: inForce }: ContainerFacts, running: boolean) {
  if (kind === "ephemeral") return {}
  const requests = spec.resources?.requests
  const resources = inForce ?? spec.resources
  const none = resources?.limits === undefined && resources?.requests === undefined
  return {
    ...(requests && { allocatedResources: requests }),
    ...(none ? (running ? { resources: {} } : {}) : { resources }),
  }
}

function mountsOf({ container: { spec } }: ContainerFacts): Pick<ContainerStatus, "volumeMounts"> {
  if (!spec.volumeMounts?.length) return {}
  return {
    volumeMounts: spec.volumeMounts.map(({ mountPath, name, readOnly, recursiveReadOnly }) => ({
      name,
      mountPath,
      ...(readOnly ? { readOnly, recursiveReadOnly: effectiveRecursion(recursiveReadOnly) } : {}),
    })),
  }
}

function devicesOf({ devices }: ContainerFacts): Pick<ContainerStatus, "allocatedResourcesStatus"> {
  return devices.length > 0 ? { allocatedResourcesStatus: devices } : {}
}

/** What `IfPossible` came to: this runtime does it where the kernel does. */
function effectiveRecursion(asked: string | undefined): string {
  return asked === "Enabled" || asked === "IfPossible" ? "Enabled" : "Disabled"
}
