import type { Pod } from "../../api/core/v1/pod.ts"
import { podRequests } from "../../api/core/v1/pod-resources.ts"
import { diskOf, type PodUsage } from "./pod-usage.ts"
import type { Signal } from "./thresholds.ts"
import { meanings } from "./thresholds.ts"

/** A pod that something runs of, with what it takes; undefined when that could not be found out. */
export interface Candidate {
  readonly pod: Pod
  readonly usage: PodUsage | undefined
}

/**
 * The pods in the order in which they are to go: those that take more of the resource than they asked for, then those of
 * lower priority, then those that exceed their request by most. Process ids cannot be requested: there priority and use
 * alone count. https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#pod-selection-for-kubelet-eviction
 */
export function rank(candidates: readonly Candidate[], signal: Signal): Candidate[] {
  return candidates
    .map((each) => ({ each, ...weigh(each, signal) }))
    .sort(firstToGo)
    .map(({ each }) => each)
}

interface Weight {
  readonly known: boolean
  readonly exceeds: boolean
  readonly priority: number
  readonly above: number
}

function weigh({ pod, usage }: Candidate, signal: Signal): Weight {
  const priority = pod.spec.priority ?? 0
  if (usage === undefined) return { known: false, exceeds: false, priority, above: 0 }
  const { resource } = meanings[signal]
  const used = amountOf(usage, signal)
  const requested = resource === "pids" || resource === "inodes" ? 0 : (podRequests(pod).get(resource) ?? 0)
  return { known: true, exceeds: resource !== "pids" && used > requested, priority, above: used - requested }
}

/** Images belong to no pod: their file system holds nothing that ending a pod would free. */
function amountOf(usage: PodUsage, signal: Signal): number {
  switch (signal) {
    case "memory.available":
      return usage.memoryBytes ?? 0
    case "pid.available":
      return usage.pids ?? 0
    case "nodefs.available":
    case "imagefs.available":
      return diskOf(usage).bytes
    case "nodefs.inodesFree":
    case "imagefs.inodesFree":
      return diskOf(usage).inodes
  }
}

function firstToGo(a: Weight, b: Weight): number {
  return (
    Number(a.known) - Number(b.known) ||
    Number(b.exceeds) - Number(a.exceeds) ||
    a.priority - b.priority ||
    b.above - a.above
  )
}
