import type { TopologyHint, TopologyHints } from "./hint-provider.ts"
import { countNodes, isNarrower, type NumaMask } from "./numa-mask.ts"
import type { TopologyPolicy } from "./topology-policy.ts"

/** What all resources have in common. */
export interface MergedHint {
  readonly hint: TopologyHint
  readonly admitted: boolean
}

/**
 * Finds the NUMA nodes that suit all resources best: one hint of each is taken, in every combination, and of the nodes
 * that such hints have in common the best are kept. Preferred ones are better than others, and smaller sets than larger.
 */
export function mergeHints(policy: TopologyPolicy, providers: readonly TopologyHints[]): MergedHint {
  const resources = providers.flatMap(resourceHints)
  const lists = policy.name === "single-numa-node" ? resources.map(ofOneNode) : resources
  const best = bestOf(policy, lists)
  const isAny = policy.name === "single-numa-node" && best.affinity === policy.all
  const hint = isAny ? { affinity: undefined, preferred: best.preferred } : best
  return { hint, admitted: policy.name === "best-effort" || hint.preferred }
}

type Placed = TopologyHint & { readonly affinity: NumaMask }

const anyNode: readonly TopologyHint[] = [{ affinity: undefined, preferred: true }]
const noNode: readonly TopologyHint[] = [{ affinity: undefined, preferred: false }]

function resourceHints(provider: TopologyHints): (readonly TopologyHint[])[] {
  if (provider.size === 0) return [anyNode]
  return [...provider.values()].map((hints) => (hints === undefined ? anyNode : hints.length === 0 ? noNode : hints))
}

function ofOneNode(hints: readonly TopologyHint[]): TopologyHint[] {
  return hints.filter(({ affinity, preferred }) => preferred && (affinity === undefined || countNodes(affinity) === 1))
}

function bestOf(policy: TopologyPolicy, lists: readonly (readonly TopologyHint[])[]): Placed {
  const target = Math.max(0, ...lists.map(leastNodes))
  let best: Placed | undefined
  const combine = (at: number, merged: Placed, common: NumaMask | undefined): void => {
    const list = lists[at]
    if (list === undefined) {
      if (merged.affinity !== 0 && isBetter(policy, target, merged, best)) best = merged
      return
    }
    for (const { affinity, preferred } of list) {
      // Preferred only when each of them is, and all say the same.
      const agrees = affinity === undefined || common === undefined || affinity === common
      const next = {
        affinity: affinity === undefined ? merged.affinity : merged.affinity & affinity,
        preferred: merged.preferred && preferred && agrees,
      }
      combine(at + 1, next, common ?? affinity)
    }
  }
  combine(0, { affinity: policy.all, preferred: true }, undefined)
  return best ?? { affinity: policy.all, preferred: false }
}

/** How many nodes the narrowest hint of a resource takes. */
function leastNodes(hints: readonly TopologyHint[]): number {
  const counts = hints.flatMap(({ affinity }) => (affinity === undefined ? [] : [countNodes(affinity)]))
  return counts.length === 0 ? 0 : Math.min(...counts)
}

/**
 * `target`: how many nodes the resource that needs most of them needs. Sets that are not preferred should have as many,
 * and rather fewer than more.
 */
function isBetter(policy: TopologyPolicy, target: number, candidate: Placed, current: Placed | undefined): boolean {
  if (current === undefined) return true
  if (current.preferred !== candidate.preferred) return candidate.preferred
  if (candidate.preferred) return fitsBetter(policy, candidate.affinity, current.affinity)
  const [had, has] = [countNodes(current.affinity), countNodes(candidate.affinity)]
  if (had > target) return fitsBetter(policy, candidate.affinity, current.affinity)
  if (had === target) return has === target && fitsBetter(policy, candidate.affinity, current.affinity)
  if (has >= target) return has === target
  return has === had ? fitsBetter(policy, candidate.affinity, current.affinity) : has > had
}

function fitsBetter(policy: TopologyPolicy, candidate: NumaMask, current: NumaMask): boolean {
  if (candidate === current) return false
  const byDistance = policy.options.preferClosest && policy.name !== "single-numa-node"
  if (!byDistance || countNodes(candidate) !== countNodes(current)) return isNarrower(candidate, current)
  const [closeness, had] = [policy.distance(candidate), policy.distance(current)]
  return closeness === had ? candidate < current : closeness < had
}
