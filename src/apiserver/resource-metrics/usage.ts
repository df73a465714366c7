import type { NodeBatch, Point } from "./node-batch.ts"

/** What is used: pure functions over the last two points of everything, with the rules of metrics-server. */

/** How often kubelets are asked. */
export const RESOLUTION_MS = 15_000
/** What runs for less says too little about itself. */
const FRESH_MIN_MS = 10_000

export interface Usage {
  /** The end of the time that was measured. */
  readonly atMs: number
  readonly windowMs: number
  readonly cpuNanoCores: number
  readonly memoryBytes: number
}

export interface PodUsage {
  readonly atMs: number
  readonly windowMs: number
  readonly containers: ReadonlyMap<string, Usage>
}

interface Pair {
  readonly last: Point
  readonly previous: Point | undefined
}

/** The last two points of each node and container. */
export interface Points {
  readonly nodes: ReadonlyMap<string, Pair>
  /** By `namespace/name`, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Pair>>
}
export const NO_POINTS: Points = { nodes: new Map(), pods: new Map() }

/** Who did not answer this time is not known any more. */
export function withBatches(before: Points, batches: ReadonlyMap<string, NodeBatch>): Points {
  const nodes = new Map<string, Pair>()
  const pods = new Map<string, ReadonlyMap<string, Pair>>()
  for (const [name, batch] of batches) {
    if (batch.node !== undefined) nodes.set(name, next(before.nodes.get(name), batch.node))
    for (const [key, containers] of batch.pods) {
      const known = before.pods.get(key)
      pods.set(key, new Map([...containers].map(([each, point]) => [each, nextOfContainer(known?.get(each), point)])))
    }
  }
  return { nodes, pods }
}

function next(known: Pair | undefined, last: Point): Pair {
  if (known === undefined) return { last, previous: undefined }
  if (last.atMs > known.last.atMs) return { last, previous: known.last }
  // Nothing new was measured.
  const { previous } = known
  return { last, previous: previous !== undefined && previous.atMs < last.atMs ? previous : undefined }
}

function nextOfContainer(known: Pair | undefined, last: Point): Pair {
  const ageMs = last.atMs - last.startMs
  if (ageMs >= FRESH_MIN_MS && ageMs < RESOLUTION_MS) {
    return { last, previous: { ...last, atMs: last.startMs, cpuNs: 0 } }
  }
  const hasRestarted = known !== undefined && last.startMs >= known.last.atMs
  return next(hasRestarted ? undefined : known, last)
}

export function usageOfNode({ nodes }: Points, name: string): Usage | undefined {
  const pair = nodes.get(name)
  return pair && usageOf(pair)
}

/** Undefined while a container of it has no two points. */
export function usageOfPod({ pods }: Points, key: string): PodUsage | undefined {
  const pairs = [...(pods.get(key) ?? [])]
  if (pairs.length === 0 || pairs.some(([, { previous }]) => previous === undefined)) return undefined
  const containers = new Map(
    pairs.flatMap(([name, pair]) => {
      const usage = usageOf(pair)
      return usage === undefined ? [] : [[name, usage] as const]
    }),
  )
  if (containers.size === 0) return undefined
  const { atMs, windowMs } = [...containers.values()].reduce((a, b) => (b.atMs < a.atMs ? b : a))
  return { atMs, windowMs, containers }
}

/** Undefined without two points, or when the counter began anew between them. */
function usageOf({ last, previous }: Pair): Usage | undefined {
  if (previous === undefined || last.startMs < previous.startMs || last.cpuNs < previous.cpuNs) return undefined
  const windowMs = last.atMs - previous.atMs
  const cpuNanoCores = Math.trunc((last.cpuNs - previous.cpuNs) / (windowMs / 1000))
  return { atMs: last.atMs, windowMs, cpuNanoCores, memoryBytes: last.memoryBytes }
}
