import { getHeapStatistics } from "node:v8"
import { giveBackMemory } from "../../platform/linux/give-back-memory.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerRuntime } from "../../runtime/runtime.ts"

/** Nothing has happened to a container for so long: a burst is over. */
const QUIET_MS = 3000
/** Until a runtime that was away is listened to again. */
const AWAY_MS = 10_000
/** What V8 must hold more than the last time, to be worth the work. */
const WORTH_BYTES = 8_000_000

/**
 * Keeps a node's agent small: what starting, and then each burst of pods, has taken is given back when containers have
 * come to rest. Never rejects.
 */
export async function keepSmall(
  runtime: Pick<ContainerRuntime, "events">,
  { clock }: Pick<Platform, "clock">,
  signal: AbortSignal,
): Promise<void> {
  let restBytes = 0
  let lastMs = clock.monotonicMs()
  let isWaiting = false
  const wait = (ms: number) => {
    isWaiting = true
    clock.after(ms, () => {
      isWaiting = false
      const leftMs = lastMs + QUIET_MS - clock.monotonicMs()
      if (signal.aborted) return
      if (leftMs > 0) wait(leftMs)
      else if (getHeapStatistics().total_heap_size > restBytes + WORTH_BYTES) rest()
    })
  }
  const rest = () => {
    giveBackMemory()
    restBytes = getHeapStatistics().total_heap_size
  }
  wait(QUIET_MS)
  while (!signal.aborted) {
    try {
      for await (const _ of runtime.events(signal)) {
        lastMs = clock.monotonicMs()
        if (!isWaiting) wait(QUIET_MS)
      }
      return
    } catch {
      // A runtime that is away, of which the kubelet tells.
      await clock.sleep(AWAY_MS, signal).catch(() => undefined)
    }
  }
}
