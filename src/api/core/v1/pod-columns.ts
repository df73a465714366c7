import type { Column } from "../../../machinery/schema/resource.ts"
import { age, since } from "../../columns.ts"
import type { ContainerStatus } from "./container-status.ts"
import type { PodObject } from "./pod-object.ts"

/** What `kubectl get pods` shows. */

export interface PodSummary {
  readonly readyContainers: number
  readonly totalContainers: number
  /** Why the pod is as it is, in a word: its phase, or what its containers wait for or ended with. */
  readonly status: string
  readonly restarts: number
  /** When a container last ended to be restarted. */
  readonly lastRestart: string | undefined
}

class Restarts {
  count = 0
  last: string | undefined

  add({ restartCount, lastState }: ContainerStatus): void {
    this.count += restartCount
    const finished = lastState.terminated?.finishedAt
    if (finished && (this.last === undefined || Date.parse(this.last) < Date.parse(finished))) this.last = finished
  }
}

/** What a row of a pod tells. */
export function summarize(pod: PodObject): PodSummary {
  const { spec, status } = pod
  const sidecars = new Set(
    (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name),
  )
  const initial = summarizeInit(pod, sidecars)
  const initialized = status.conditions?.find(({ type }) => type === "Initialized")?.status === "True"
  const main =
    initial.pending !== undefined && !initialized
      ? { readyContainers: 0, restarts: initial.allRestarts, reason: initial.pending }
      : summarizeMain(pod, initial.pending ?? phaseReason(pod), initial.sidecarRestarts)
  return {
    readyContainers: initial.readySidecars + main.readyContainers,
    totalContainers: spec.containers.length + sidecars.size,
    status: endReason(pod) ?? main.reason,
    restarts: main.restarts.count,
    lastRestart: main.restarts.last,
  }
}

function phaseReason({ status }: PodObject): string {
  const gated = status.conditions?.some(({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated")
  return gated ? "SchedulingGated" : status.reason || status.phase || ""
}

function endReason({ metadata, status }: PodObject): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined
  if (status.reason === "NodeLost") return "Unknown"
  return status.phase === "Succeeded" || status.phase === "Failed" ? undefined : "Terminating"
}

/** `pending` is what the first init container that is not done is doing; undefined when all are done. */
function summarizeInit({ spec, status }: PodObject, sidecars: ReadonlySet<string>) {
  const allRestarts = new Restarts()
  const sidecarRestarts = new Restarts()
  let readySidecars = 0
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    const isSidecar = sidecars.has(container.name)
    allRestarts.add(container)
    if (isSidecar) sidecarRestarts.add(container)
    if (container.state.terminated?.exitCode === 0) continue
    if (isSidecar && container.started) {
      if (container.ready) readySidecars++
      continue
    }
    const pending = `Init:${initReason(container) ?? `${index}/${spec.initContainers?.length ?? 0}`}`
    return { allRestarts, sidecarRestarts, readySidecars, pending }
  }
  return { allRestarts, sidecarRestarts, readySidecars, pending: undefined }
}

function initReason({ state }: ContainerStatus): string | undefined {
  if (state.terminated !== undefined) return exitReason(state.terminated)
  const waiting = state.waiting?.reason
  return waiting && waiting !== "PodInitializing" ? waiting : undefined
}

function exitReason({ reason, signal, exitCode }: NonNullable<ContainerStatus["state"]["terminated"]>): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`)
}

function summarizeMain({ status }: PodObject, before: string, restarts: Restarts) {
  let reason = before
  let errorReason = ""
  let readyContainers = 0
  // The first container's reason is the one that stays.
  for (const container of (status.containerStatuses ?? []).toReversed()) {
    const { waiting, terminated, running } = container.state
    restarts.add(container)
    if (waiting?.reason) reason = waiting.reason
    else if (terminated !== undefined) {
      reason = exitReason(terminated)
      if (terminated.exitCode !== 0) errorReason = reason
    } else if (container.ready && running !== undefined) readyContainers++
  }
  if (reason === "Completed") {
    const isReady = status.conditions?.some((one) => one.type === "Ready" && one.status === "True")
    if (readyContainers > 0 && isReady) reason = "Running"
    else if (errorReason !== "") reason = errorReason
    else if (readyContainers > 0) reason = "NotReady"
  }
  return { readyContainers, restarts, reason }
}

function restartsCell(pod: PodObject, nowMs: number): string {
  const { restarts, lastRestart } = summarize(pod)
  return restarts === 0 || lastRestart === undefined ? `${restarts}` : `${restarts} (${since(lastRestart, nowMs)} ago)`
}

function readinessGatesCell({ spec, status }: PodObject): string {
  const gates = spec.readinessGates ?? []
  if (gates.length === 0) return "<none>"
  const passed = gates.filter(
    ({ conditionType }) => status.conditions?.find(({ type }) => type === conditionType)?.status === "True",
  )
  return `${passed.length}/${gates.length}`
}

export const podColumns: readonly Column<PodObject>[] = [
  {
    name: "Ready",
    type: "string",
    doc: "How many containers are ready, of all that should be.",
    value: (pod) => {
      const { readyContainers, totalContainers } = summarize(pod)
      return `${readyContainers}/${totalContainers}`
    },
  },
  {
    name: "Status",
    type: "string",
    doc: "What the pod is doing, or why it is not.",
    value: (pod) => summarize(pod).status,
  },
  {
    name: "Restarts",
    type: "string",
    doc: "How often containers were restarted, and when last.",
    value: restartsCell,
  },
  age,
  {
    name: "IP",
    type: "string",
    priority: 1,
    doc: "The pod's address.",
    value: ({ status }) => status.podIPs?.[0]?.ip || "<none>",
  },
  {
    name: "Node",
    type: "string",
    priority: 1,
    doc: "The node that runs the pod.",
    value: ({ spec }) => spec.nodeName || "<none>",
  },
  {
    name: "Nominated Node",
    type: "string",
    priority: 1,
    doc: "The node that is being cleared for the pod.",
    value: ({ status }) => status.nominatedNodeName || "<none>",
  },
  {
    name: "Readiness Gates",
    type: "string",
    priority: 1,
    doc: "How many of the extra conditions for readiness hold.",
    value: readinessGatesCell,
  },
]

/** By what `--field-selector` can pick pods. */
export const podSelectableFields: Readonly<Record<string, (pod: PodObject) => string>> = {
  "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
  "spec.restartPolicy": ({ spec }) => spec.restartPolicy,
  "spec.schedulerName": ({ spec }) => spec.schedulerName,
  "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName ?? "",
  "spec.hostNetwork": ({ spec }) => `${spec.hostNetwork ?? false}`,
  "status.phase": ({ status }) => status.phase ?? "",
  "status.podIP": ({ status }) => status.podIPs?.[0]?.ip ?? "",
  "status.nominatedNodeName": ({ status }) => status.nominatedNodeName ?? "",
}
