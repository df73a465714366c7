/** How long a kubelet may use a secret or config map before it asks again, by the size of the cluster. */
interface Step {
  readonly nodesMin: number
  readonly nodesMax: number
  readonly seconds: number
}

/** The steps overlap, so that a cluster at a border does not go back and forth. */
const STEPS: readonly Step[] = [
  { nodesMin: 0, nodesMax: 100, seconds: 0 },
  { nodesMin: 90, nodesMax: 500, seconds: 15 },
  { nodesMin: 450, nodesMax: 1000, seconds: 30 },
  { nodesMin: 900, nodesMax: 2000, seconds: 60 },
  { nodesMin: 1800, nodesMax: Number.POSITIVE_INFINITY, seconds: 300 },
]

/** The step for so many nodes, coming from another. */
export function nextStep(step: number, nodes: number): number {
  let next = step
  while (nodes > (STEPS[next]?.nodesMax ?? nodes)) next++
  while (nodes < (STEPS[next]?.nodesMin ?? nodes)) next--
  return next
}

export const secondsOf = (step: number): number => STEPS[step]?.seconds ?? 0
