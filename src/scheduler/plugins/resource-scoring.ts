import type { Resources } from "../resources.ts"

/** A resource that counts when nodes are compared. */
export interface ResourceSpec {
  readonly name: string
  /** From 1 to 100. */
  readonly weight: number
}

export interface ShapePoint {
  /** In percent of what a node has. */
  readonly utilization: number
  /** From 0 to 10. */
  readonly score: number
}

export interface ScoringStrategy {
  readonly type: "LeastAllocated" | "MostAllocated" | "RequestedToCapacityRatio"
  readonly resources: readonly ResourceSpec[]
  readonly requestedToCapacityRatio?: { readonly shape?: readonly ShapePoint[] }
}

/** Neither cpu, memory nor ephemeral storage, which nodes have whether anybody asks for them or not. */
export const isScalar = (name: string): boolean =>
  name !== "cpu" && name !== "memory" && name !== "ephemeral-storage" && name !== "pods"

/** What one resource of a node adds to its score, from 0 to 100; undefined: it does not count. */
export type ResourceScore = (requested: number, allocatable: number) => number | undefined

/** The weighted mean of what each resource scores. */
export function allocationScore(
  resources: readonly ResourceSpec[],
  podRequests: readonly number[],
  scoreOf: ResourceScore,
  rounded: (value: number) => number,
): (allocatable: Resources, requested: Resources, nonZeroRequested: Resources) => number {
  const counted = resources.flatMap(({ name, weight }, index) => {
    const request = podRequests[index] ?? 0
    return request === 0 && isScalar(name) ? [] : [{ name, weight, request, hasStandIn: hasStandIn(name) }]
  })
  return (allocatable, requested, nonZeroRequested) => {
    let total = 0
    let weights = 0
    for (const { name, weight, request, hasStandIn: standsIn } of counted) {
      const capacity = allocatable.get(name)
      if (capacity === 0) continue
      const score = scoreOf((standsIn ? nonZeroRequested : requested).get(name) + request, capacity)
      if (score === undefined) continue
      total += score * weight
      weights += weight
    }
    return weights === 0 ? 0 : rounded(total / weights)
  }
}

/** Cpu and memory count even where a pod requests none. */
export const hasStandIn = (name: string): boolean => name === "cpu" || name === "memory"

export const leastAllocated: ResourceScore = (requested, allocatable) =>
  requested > allocatable ? 0 : Math.trunc(((allocatable - requested) * 100) / allocatable)

/** Requests may exceed what there is only because of the stand-ins. */
export const mostAllocated: ResourceScore = (requested, allocatable) =>
  Math.trunc((Math.min(requested, allocatable) * 100) / allocatable)

/** Straight lines between the points of a shape; a resource that scores nothing does not count. */
export function requestedToCapacityRatio(shape: readonly ShapePoint[]): ResourceScore {
  // Scores of a shape go to 10, those of plugins to 100.
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * 10 }))
  const valueAt = (utilization: number): number => {
    let before = points[0]
    for (const point of points) {
      if (utilization <= point.utilization) {
        if (before === undefined || before === point) return point.score
        const slope = (point.score - before.score) * (utilization - before.utilization)
        return before.score + Math.trunc(slope / (point.utilization - before.utilization))
      }
      before = point
    }
    return before?.score ?? 0
  }
  return (requested, allocatable) => {
    const utilization = requested > allocatable ? 100 : Math.trunc((requested * 100) / allocatable)
    const score = valueAt(utilization)
    return score > 0 ? score : undefined
  }
}
