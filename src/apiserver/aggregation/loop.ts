import { type Backoff, WorkQueue } from "../../client/work-queue.ts"
import { isConflict } from "../../machinery/status/predicates.ts"
import type { Platform } from "../../platform/platform.ts"

/** One of the aggregator's control loops: keys are names of APIServices. */
export interface LoopOptions {
  readonly name: string
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
  /** Between failures of one key. */
  readonly backoff: Backoff
  /** How many keys are worked on at once. */
  readonly workers: number
  /** Throwing repeats it later, after pauses that grow; `again` does the same without being a fault of ours. */
  readonly work: (key: string) => Promise<LoopResult>
}

/** When to do it again even if nothing changes. */
export type LoopResult = { readonly againAfterMs: number } | "again" | undefined

/** Runs until `signal` aborts. */
export function startLoop({ name, platform, signal, backoff, workers, work }: LoopOptions): WorkQueue<string> {
  const queue = new WorkQueue<string>(platform.clock, backoff)
  signal.addEventListener("abort", () => queue.close(), { once: true })
  for (let worker = 0; worker < workers; worker++) void run()
  return queue

  async function run(): Promise<void> {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      try {
        const result = await work(key)
        if (result === "again") queue.addAfterFailure(key)
        else queue.forget(key)
        if (typeof result === "object") queue.addAfter(key, result.againAfterMs)
      } catch (error) {
        if (!signal.aborted && !isConflict(error))
          platform.log.warn(`${name} failed and will run again`, { key, error })
        queue.addAfterFailure(key)
      } finally {
        queue.done(key)
      }
    }
  }
}
