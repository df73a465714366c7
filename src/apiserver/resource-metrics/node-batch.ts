import { parseSamples, type Sample } from "./parse-samples.ts"

/** What was counted of a node or a container until some moment. */
export interface Point {
  /** When counting began. */
  readonly startMs: number
  readonly atMs: number
  /** Core-nanoseconds since the start. */
  readonly cpuNs: number
  /** The working set. */
  readonly memoryBytes: number
}

/** What one kubelet told. */
export interface NodeBatch {
  readonly node: Point | undefined
  /** By `namespace/name`, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Point>>
}

const NODE_CPU = "node_cpu_usage_seconds_total"
const NODE_MEMORY = "node_memory_working_set_bytes"
const CONTAINER_CPU = "container_cpu_usage_seconds_total"
const CONTAINER_MEMORY = "container_memory_working_set_bytes"
const CONTAINER_START = "container_start_time_seconds"
const WANTED: ReadonlySet<string> = new Set([NODE_CPU, NODE_MEMORY, CONTAINER_CPU, CONTAINER_MEMORY, CONTAINER_START])

/**
 * Reads what a kubelet answers at `/metrics/resource`. A pod counts when all its containers have told what they use, as in
 * metrics-server: a part of it would look like little use. Throws when the text is not in the format.
 *
 * @param receivedMs When what has no time of its own was measured.
 */
export function readNodeBatch(text: string, receivedMs: number): NodeBatch {
  const node: Draft = { ...EMPTY }
  const pods = new Map<string, Map<string, Draft>>()
  for (const sample of parseSamples(text, WANTED)) {
    const { name, labels } = sample
    if (name === NODE_CPU || name === NODE_MEMORY) {
      take(node, sample, receivedMs)
      continue
    }
    const pod = pods.getOrInsertComputed(`${labels.get("namespace")}/${labels.get("pod")}`, () => new Map())
    const container = pod.getOrInsertComputed(labels.get("container") ?? "", () => ({ ...EMPTY }))
    take(container, sample, receivedMs)
  }
  const complete = [...pods].filter(([, containers]) => [...containers.values()].every(isComplete))
  return { node: isComplete(node) ? node : undefined, pods: new Map(complete) }
}

type Draft = { -readonly [K in keyof Point]: Point[K] }
const EMPTY: Point = { startMs: 0, atMs: 0, cpuNs: 0, memoryBytes: 0 }

const isComplete = ({ atMs, cpuNs, memoryBytes }: Point): boolean => atMs !== 0 && cpuNs > 0 && memoryBytes > 0

function take(point: Draft, { name, value, timestampMs }: Sample, receivedMs: number): void {
  if (name === CONTAINER_START) {
    point.startMs = value * 1000
    return
  }
  const isCpu = name === NODE_CPU || name === CONTAINER_CPU
  if (isCpu) point.cpuNs = Math.trunc(value * 1e9)
  else point.memoryBytes = Math.trunc(value)
  // Rates are of the processor, so its time counts.
  if (isCpu || point.atMs === 0) point.atMs = timestampMs ?? receivedMs
}
