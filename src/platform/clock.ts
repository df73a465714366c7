/**
 * Time. No other module reads a clock or starts a timer, so a whole cluster can run on virtual time and replay from a
 * seed (`platform/sim`).
 */
export interface Clock {
  /** Wall-clock time, in milliseconds since the Unix epoch. May jump; use `monotonicMs` to measure durations. */
  nowMs(): number
  /** Milliseconds since some fixed point. Never goes backwards. */
  monotonicMs(): number
  /** Calls `fire` once after `delayMs`. A cancelled timer never fires. A pending timer does not keep the process alive. */
  after(delayMs: number, fire: () => void): Timer
  /** Resolves after `delayMs`; rejects with `signal.reason` when the signal aborts first. Keeps the process alive. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /**
   * Awaits what happens outside of this program, such as an answer from another process, and gives it back. Virtual
   * time stands still meanwhile, as nothing outside knows of it.
   */
  outside<T>(work: Promise<T>): Promise<T>
}

export interface Timer {
  /** Cancelling twice, or after the timer fired, does nothing. */
  cancel(): void
}
