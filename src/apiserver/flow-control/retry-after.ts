/** How long clients are asked to stay away: longer while many are refused, shorter when few are. */
export class RetryAfter {
  #seconds = 1
  #raisedAt = 0
  #second = 0
  #refusedNow = 0
  #history: { readonly second: number; readonly refused: number }[] = []

  get seconds(): number {
    return this.#seconds
  }

  /** Notes a refusal. */
  refused(nowMs: number): void {
    const second = Math.floor(nowMs / 1000)
    if (second === this.#second) {
      this.#refusedNow++
      return
    }
    this.#history.push({ second: this.#second, refused: this.#refusedNow })
    const oldest = this.#second - Math.min(2 * this.#seconds, MOST_SECONDS)
    this.#history = this.#history.filter((each) => each.second >= oldest)
    this.#second = second
    this.#refusedNow = 1
    this.#adjust(second)
  }

  #adjust(second: number): void {
    const recent = this.#history.filter((each) => second - each.second <= this.#seconds)
    const refused = recent.reduce((sum, each) => sum + each.refused, 0)
    if (second - this.#raisedAt >= this.#seconds && refused >= 3 * this.#seconds) {
      this.#seconds = Math.min(2 * this.#seconds, MOST_SECONDS)
      this.#raisedAt = second
    } else if (refused < this.#seconds && this.#seconds > 1) this.#seconds--
  }
}
const MOST_SECONDS = 32
