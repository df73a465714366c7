import { type PluginFactory, SCORE_MAX } from "../framework.ts"
import { type NodeState, placed } from "../node-state.ts"
import { isScalar, type ResourceSpec } from "./resource-scoring.ts"

export interface NodeResourcesBalancedAllocationArgs {
  readonly resources: readonly ResourceSpec[]
}

/** Prefers nodes whose resources would be used to a similar degree. */
export const balancedAllocation: PluginFactory<NodeResourcesBalancedAllocationArgs> = (_, { resources }) => ({
  name: "NodeResourcesBalancedAllocation",
  preScore: (pod) => {
    const { requests } = placed(pod)
    const wanted = resources.map(({ name }) => ({ name, amount: requests.get(name) }))
    // Pods without requests would all be drawn to the same node.
    if (wanted.every(({ amount }) => amount === 0)) return undefined
    const counted = wanted.filter(({ name, amount }) => amount > 0 || !isScalar(name))
    return {
      // What counts is whether the pod makes the balance better or worse.
      score: (node) => Math.trunc(SCORE_MAX / 2 + Math.trunc((SCORE_MAX / 2 + improvement(node, counted)) / 2)),
    }
  },
})

type Wanted = readonly { readonly name: string; readonly amount: number }[]

function improvement(node: NodeState, wanted: Wanted): number {
  return balance(node, wanted, true) - balance(node, wanted, false)
}

/** 100 when all resources are in use to the same degree, less the more they differ. */
function balance({ allocatable, requested }: NodeState, wanted: Wanted, withPod: boolean): number {
  const shares: number[] = []
  for (const { name, amount } of wanted) {
    const capacity = allocatable.get(name)
    if (capacity !== 0) shares.push(Math.min(1, (requested.get(name) + (withPod ? amount : 0)) / capacity))
  }
  return Math.trunc((1 - deviation(shares)) * SCORE_MAX)
}

function deviation(shares: readonly number[]): number {
  const [first = 0, second = 0] = shares
  if (shares.length < 2) return 0
  if (shares.length === 2) return Math.abs((first - second) / 2)
  let sum = 0
  for (const share of shares) sum += share
  const mean = sum / shares.length
  let squares = 0
  for (const share of shares) squares += (share - mean) * (share - mean)
  return Math.sqrt(squares / shares.length)
}
