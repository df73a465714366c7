import type { ContainerStatus } from "../../api/core/v1/container-status.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { initContainers, type PodContainer, regularContainers } from "../pod/containers.ts"
import { restartsAfter } from "../pod/restart.ts"
import { restartingAll } from "../pod/restart-all.ts"

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed"

export interface PhaseFacts {
  readonly pod: Pod
  /** By container name. */
  readonly statuses: ReadonlyMap<string, ContainerStatus>
  /** All containers begin anew, however they ended. */
  readonly restartingAll: boolean
  /** No container of the pod will run again, whatever its restart policy says. */
  readonly ended: boolean
}

/** Where a pod is in its life. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase */
export function podPhase(facts: PhaseFacts): Phase {
  const regular = regularPhase(facts)
  const init = initProgress(facts)
  if (init === "failed") return "Failed"
  if (init === "pending" || regular.waiting > 0) return "Pending"
  if (regular.unknown > 0) return "Pending"
  if (regular.running > 0 || init === "running") return "Running"
  if (regular.stopped === 0) return "Pending"
  if (!facts.ended && regular.restarting > 0) return "Running"
  return regular.stopped === regular.succeeded ? "Succeeded" : "Failed"
}

/** `running`: all done, and a sidecar still runs. */
function initProgress(facts: PhaseFacts): "pending" | "failed" | "running" | "done" {
  const { pod, statuses } = facts
  const past = regularContainers(pod).some(({ spec }) => hasRun(statuses.get(spec.name)))
  let running = false
  for (const container of initContainers(pod)) {
    const status = statuses.get(container.spec.name)
    const exit = status?.state?.terminated ?? (status?.state?.waiting && status.lastState?.terminated)
    if (container.kind === "sidecar") {
      running ||= status?.state?.running !== undefined
      if (!past && (status?.state?.running === undefined ? exit === undefined : !status.started)) return "pending"
    } else if (exit === undefined) {
      return "pending"
    } else if (exit.exitCode !== 0) {
      // One that failed and will be tried again leaves the pod pending.
      return comesBack(facts, container, exit) ? "pending" : "failed"
    }
  }
  return running ? "running" : "done"
}

function comesBack(
  facts: PhaseFacts,
  container: PodContainer,
  exit: { readonly exitCode: number; readonly reason?: string },
): boolean {
  return facts.restartingAll || exit.reason === restartingAll || restartsAfter(facts.pod, container, exit.exitCode)
}

function hasRun(status: ContainerStatus | undefined): boolean {
  return (
    status?.state?.running !== undefined || (status?.state?.terminated ?? status?.lastState?.terminated) !== undefined
  )
}

function regularPhase(facts: PhaseFacts) {
  const { pod, statuses } = facts
  const counts = { unknown: 0, running: 0, waiting: 0, stopped: 0, succeeded: 0, restarting: 0 }
  for (const container of regularContainers(pod)) {
    const status = statuses.get(container.spec.name)
    const exit = status?.state?.terminated ?? status?.lastState?.terminated
    if (status === undefined) counts.unknown++
    else if (status.state?.running !== undefined) counts.running++
    else if (exit === undefined) counts.waiting++
    else {
      counts.stopped++
      if (comesBack(facts, container, exit)) counts.restarting++
      if (status.state?.terminated?.exitCode === 0) counts.succeeded++
    }
  }
  return counts
}
