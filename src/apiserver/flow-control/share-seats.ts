/** How the places of the server are divided among priority levels. */

export interface Claim {
  /** What the level should have if there were no bounds. */
  readonly target: number
  readonly lowest: number
  readonly highest: number
}

const ROUNDS = 60

/**
 * Gives every level the same fraction of its target, within its bounds, so that the sum is `total`; as near as the
 * bounds let it.
 */
export function shareSeats(total: number, claims: readonly Claim[]): readonly number[] {
  const at = (fraction: number) =>
    claims.map(({ target, lowest, highest }) => Math.min(highest, Math.max(lowest, fraction * Math.max(target, 0.001))))
  const sumAt = (fraction: number) => at(fraction).reduce((sum, seats) => sum + seats, 0)
  let [low, high] = [0, 1]
  const bound = claims.reduce((most, { target, highest }) => Math.max(most, highest / Math.max(target, 0.001)), 1)
  while (sumAt(high) < total && high < bound) high *= 2
  for (let round = 0; round < ROUNDS; round++) {
    const middle = (low + high) / 2
    if (sumAt(middle) < total) low = middle
    else high = middle
  }
  return at(high)
}

/** How many places a level wanted over a time: the most, and a smoothed figure that rises at once and falls slowly. */
export class Demand {
  #now = 0
  #max = 0
  #sinceMs: number
  #startMs: number
  /** Over the time: of the demand, and of its square. */
  #area = 0
  #squares = 0
  #smoothed = 0

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
    this.#startMs = nowMs
  }

  set(seats: number, nowMs: number): void {
    this.#advance(nowMs)
    this.#now = seats
    if (seats > this.#max) this.#max = seats
  }

  /** Ends a period and begins the next. `decay`: how much of the smoothed figure is left after one period. */
  close(nowMs: number, decay: number): { readonly max: number; readonly smoothed: number } {
    this.#advance(nowMs)
    const durationMs = Math.max(1, nowMs - this.#startMs)
    const average = this.#area / durationMs
    const deviation = Math.sqrt(Math.max(0, this.#squares / durationMs - average ** 2))
    const envelope = average + deviation
    this.#smoothed = Math.max(envelope, decay * this.#smoothed + (1 - decay) * envelope)
    const closed = { max: this.#max, smoothed: this.#smoothed }
    this.#startMs = nowMs
    this.#area = 0
    this.#squares = 0
    this.#max = this.#now
    return closed
  }

  #advance(nowMs: number): void {
    const passedMs = nowMs - this.#sinceMs
    this.#area += this.#now * passedMs
    this.#squares += this.#now ** 2 * passedMs
    this.#sinceMs = nowMs
  }
}
