import type { Clock, Timer } from "../../platform/clock.ts"

/** A timer this late says that the process itself was held up, so that the answer may have come in time. */
const lateMs = 20
const extensionsMax = 3

/**
 * Calls `fire` after `timeoutMs`; later by as much as this process was held up, because timers run before what has
 * arrived meanwhile is read. A busy node must not make its containers look dead.
 */
export function deadline(clock: Pick<Clock, "after" | "monotonicMs">, timeoutMs: number, fire: () => void): Timer {
  let extensions = 0
  let timer: Timer
  const arm = (ms: number): void => {
    const dueMs = clock.monotonicMs() + ms
    timer = clock.after(ms, () => {
      const late = clock.monotonicMs() - dueMs
      if (late < lateMs || extensions++ >= extensionsMax) fire()
      else arm(Math.min(late, timeoutMs))
    })
  }
  arm(timeoutMs)
  return { cancel: () => timer.cancel() }
}
