import { createTokenBucket } from "../../machinery/token-bucket.ts"
import type { Clock, Timer } from "../../platform/clock.ts"
import type { Random } from "../../platform/random.ts"
import type { AuditSink, ReportLoss } from "./sink.ts"

/** How events are gathered and sent together. */
export interface BatchSettings {
  /** How many events wait at most; what comes then is lost. */
  readonly bufferMax: number
  readonly eventsMax: number
  /** How long an event waits for others. */
  readonly waitMs: number
  /** Batches per second on average, and at once after a pause. */
  readonly rate: number
  readonly burst: number
  /** Before the second try; each later one takes half as long again. */
  readonly firstRetryMs: number
}

/** Kubernetes' defaults. */
export const BATCH_DEFAULTS: BatchSettings = {
  bufferMax: 10_000,
  eventsMax: 400,
  waitMs: 30_000,
  rate: 10,
  burst: 15,
  firstRetryMs: 10_000,
}

const TRIES_MAX = 5
const RETRY_FACTOR = 1.5
const RETRY_JITTER = 0.2
const PLUGIN = "buffered"

export interface BatchOptions extends BatchSettings {
  /** Rejects when the events did not arrive. */
  readonly send: (items: readonly string[]) => Promise<void>
  /** For losses after all tries. */
  readonly plugin: string
  readonly clock: Clock
  readonly random: Pick<Random, "float">
  readonly lost: ReportLoss
}

/** Sends events in batches, and again when that fails. At the end each batch gets one more try. */
export function createBatches(options: BatchOptions): AuditSink {
  const { clock, bufferMax, eventsMax, waitMs, rate, burst, lost } = options
  const ending = new AbortController()
  const underWay = new Set<Promise<void>>()
  let waiting: string[] = []
  let timer: Timer | undefined
  const takeToken = createTokenBucket({ burst, perSecond: rate }, clock)
  let isThrottled = false

  function flush(all: boolean): void {
    if (isThrottled && !all) return
    timer?.cancel()
    timer = undefined
    while (waiting.length > 0) {
      if (!all && !takeToken()) {
        isThrottled = true
        timer = clock.after(1000 / rate, () => {
          isThrottled = false
          flush(false)
        })
        return
      }
      const batch = waiting.splice(0, eventsMax)
      const delivered = deliver(batch, options, ending.signal).finally(() => underWay.delete(delivered))
      underWay.add(delivered)
    }
  }

  return {
    write(item) {
      if (ending.signal.aborted) return lost(PLUGIN, new Error("audit backend shut down"), 1)
      if (waiting.length >= bufferMax) return lost(PLUGIN, new Error("audit buffer queue blocked"), 1)
      waiting.push(item)
      if (waiting.length >= eventsMax) flush(false)
      else timer ??= clock.after(waitMs, () => flush(false))
    },
    async close() {
      flush(true)
      waiting = []
      ending.abort()
      await Promise.all(underWay)
    },
  }
}

async function deliver(items: readonly string[], options: BatchOptions, ending: AbortSignal): Promise<void> {
  const { clock, random, send, lost, plugin } = options
  let waitMs = options.firstRetryMs
  for (let tried = 1; ; tried++) {
    const isLast = tried === TRIES_MAX || ending.aborted
    try {
      return await send(items)
    } catch (error) {
      if (isLast) return lost(plugin, error, items.length)
    }
    await clock.sleep(waitMs * (1 + random.float() * RETRY_JITTER), ending).catch(() => undefined)
    waitMs *= RETRY_FACTOR
  }
}
