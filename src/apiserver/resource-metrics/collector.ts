import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { MetricsRegistry } from "../../platform/metrics-registry.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import { kubeletAddress } from "../streaming/kubelet-location.ts"
import { type NodeBatch, readNodeBatch } from "./node-batch.ts"
import { NO_POINTS, type Points, RESOLUTION_MS, withBatches } from "./usage.ts"

/**
 * Asks every node's kubelet for its counters, as long as somebody wants to know what they say.
 *
 *     resting --points()--> first round --FIRST_GAP_MS--> second round --> a round every RESOLUTION_MS
 *        ^                                                                      |
 *        +------------------- nobody asked for INTEREST_MS ---------------------+
 */
export interface Collector {
  /** What is known now. After a rest it takes a moment, until there are two points to compare. */
  points(): Promise<Points>
  close(): void
}

export interface CollectorOptions {
  readonly reader: Pick<ObjectReader, "get" | "list">
  readonly platform: Pick<Platform, "clock" | "log">
  readonly metrics: MetricsRegistry
  /** What the kubelet there answers at `/metrics/resource`. */
  readonly ask: (at: { readonly host: string; readonly port: number }, signal: AbortSignal) => Promise<string>
}

/** Autoscalers ask every 15 s. */
const INTEREST_MS = 180_000
const FIRST_GAP_MS = 2000
/** Nobody waits longer for nodes that do not answer. */
const FIRST_WAIT_MS = 8000
const ASK_TIMEOUT_MS = 10_000
const AT_ONCE = 50

export function createCollector(options: CollectorOptions): Collector {
  const { clock } = options.platform
  const abort = new AbortController()
  const count = options.metrics.counter(
    "metrics_server_kubelet_request_total",
    "Number of requests sent to Kubelet API",
  )
  let points = NO_POINTS
  let first: Promise<void> | undefined
  let askedMs = 0

  async function round(): Promise<void> {
    points = withBatches(points, await askAll(options, (success) => count.add(1, { success }), abort.signal))
  }

  async function firstRounds(): Promise<void> {
    await round()
    await clock.sleep(FIRST_GAP_MS, abort.signal)
    await round()
  }

  async function goOn(started: Promise<void>): Promise<void> {
    await started
    while (clock.monotonicMs() - askedMs < INTEREST_MS) {
      await clock.sleep(RESOLUTION_MS, abort.signal)
      await round()
    }
    // After a pause the difference to what was then would be called what is used now.
    points = NO_POINTS
    first = undefined
  }

  function begin(): Promise<void> {
    const started = firstRounds()
    goOn(started).catch((error: unknown) => {
      if (!abort.signal.aborted) options.platform.log.error("collecting resource metrics failed", { error })
      first = undefined
    })
    const late = clock.sleep(FIRST_WAIT_MS, abort.signal)
    return Promise.race([started, late]).catch(() => {})
  }

  return {
    async points() {
      askedMs = clock.monotonicMs()
      await (first ??= begin())
      return points
    },
    close: () => abort.abort(),
  }
}

async function askAll(
  { reader, platform, ask }: CollectorOptions,
  count: (success: "true" | "false") => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NodeBatch>> {
  const batches = new Map<string, NodeBatch>()
  const waiting = reader.list(Node, "").values()
  const worker = async () => {
    for (const { metadata } of waiting) {
      const { name } = metadata
      try {
        const text = await inTime((each) => ask(kubeletAddress(name, reader), each), platform.clock, signal)
        batches.set(name, ofOwnPods(name, readNodeBatch(text, platform.clock.nowMs()), reader))
        count("true")
      } catch (error) {
        count("false")
        platform.log.debug("a kubelet did not tell what is used", { node: name, error })
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return batches
}

async function inTime(
  run: (signal: AbortSignal) => Promise<string>,
  clock: Platform["clock"],
  signal: AbortSignal,
): Promise<string> {
  const late = new AbortController()
  const timer = clock.after(ASK_TIMEOUT_MS, () => late.abort(new Error("the kubelet did not answer in time")))
  try {
    return await run(AbortSignal.any([signal, late.signal]))
  } finally {
    timer.cancel()
  }
}

/** A node speaks for its own pods only. */
function ofOwnPods(node: string, batch: NodeBatch, reader: Pick<ObjectReader, "get">): NodeBatch {
  const own = [...batch.pods].filter(([key]) => {
    const slash = key.indexOf("/")
    return reader.get(Pod, key.slice(0, slash), key.slice(slash + 1))?.spec.nodeName === node
  })
  return { ...batch, pods: new Map(own) }
}
