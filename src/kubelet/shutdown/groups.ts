import type { Pod } from "../../api/core/v1/pod.ts"

/** Pods of at least this priority, and below that of the next group, have so long to end when the node shuts down. */
export interface ShutdownPeriod {
  readonly priority: number
  readonly seconds: number
}

export interface ShutdownGroup extends ShutdownPeriod {
  readonly pods: readonly Pod[]
}

/** From here on pods are critical, and end last. */
const CRITICAL_PRIORITY = 2_000_000_000

/** Ordinary pods have what critical ones leave of the whole time. Empty: the node does not wait for pods. */
export function twoPeriods(seconds: number, criticalSeconds: number): ShutdownPeriod[] {
  if (seconds === 0 || criticalSeconds > seconds) return []
  return [
    { priority: 0, seconds: seconds - criticalSeconds },
    { priority: CRITICAL_PRIORITY, seconds: criticalSeconds },
  ]
}

/**
 * The pods in the order in which they are to end, the least important group first. Pods that are less important than the
 * first group belong to it. https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/
 */
export function shutdownGroups(periods: readonly ShutdownPeriod[], pods: readonly Pod[]): ShutdownGroup[] {
  const sorted = periods.toSorted((a, b) => a.priority - b.priority)
  const members = sorted.map((): Pod[] => [])
  for (const pod of pods) {
    const priority = pod.spec.priority ?? 0
    const above = sorted.findLastIndex((period) => period.priority <= priority)
    members[Math.max(above, 0)]?.push(pod)
  }
  return sorted.map((period, index) => ({ ...period, pods: members[index] ?? [] }))
}
