/** Tells a person how long work is getting on: one line when a step is done, with the time it took. */
export class Progress {
  readonly #monotonicMs: () => number
  readonly #write: (line: string) => void
  readonly #startedMs: number

  constructor(monotonicMs: () => number, write: (line: string) => void) {
    this.#monotonicMs = monotonicMs
    this.#write = write
    this.#startedMs = monotonicMs()
  }

  say(text: string): void {
    this.#write(text)
  }

  /** Does a step and reports it. A failure is not reported here: whoever catches it does. */
  async step<T>(name: string, work: () => T | Promise<T>, result: (value: T) => string = () => ""): Promise<T> {
    const beganMs = this.#monotonicMs()
    const value = await work()
    const tookMs = this.#monotonicMs() - beganMs
    this.#write(`  ${name.padEnd(14)} ${result(value)}`.trimEnd() + ` (${formatMs(tookMs)})`)
    return value
  }

  /** Since the beginning. */
  get elapsed(): string {
    return formatMs(this.#monotonicMs() - this.#startedMs)
  }
}

export function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
