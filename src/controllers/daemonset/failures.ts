/** How long a failed pod is left alone: at first, and at most. It doubles with each failure. */
const PAUSE_FIRST_MS = 1000
const PAUSE_LONGEST_MS = 15 * 60_000

/** Remembers where pods of daemons failed, so that a node that refuses them is not asked all the time. */
export class Failures {
  readonly #pauses = new Map<string, { readonly pauseMs: number; readonly atMs: number }>()

  /** Counts a failure at a place, unless it rests; then nothing changes, and the result is for how long it still does. */
  note(place: string, nowMs: number): number {
    for (const [other, { atMs }] of this.#pauses) {
      if (nowMs - atMs > 2 * PAUSE_LONGEST_MS) this.#pauses.delete(other)
    }
    const before = this.#pauses.get(place)
    const leftMs = before === undefined ? 0 : before.atMs + before.pauseMs - nowMs
    if (leftMs > 0) return leftMs
    const pauseMs = before === undefined ? PAUSE_FIRST_MS : Math.min(before.pauseMs * 2, PAUSE_LONGEST_MS)
    this.#pauses.set(place, { pauseMs, atMs: nowMs })
    return 0
  }
}
