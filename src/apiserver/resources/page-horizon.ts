import type { Clock } from "../../platform/clock.ts"

/** How long a list can be read on in pages. Kubernetes compacts its history every 5 minutes, and clients are tested to begin again. */
const PAGES_AGE_MS_MAX = 5 * 60_000
const MARK_EVERY_MS = 15_000

interface Mark {
  readonly revision: number
  readonly atMs: number
}

/**
 * How far back lists can be continued. The store keeps more, for those who ask for a revision by its number; a client that
 * comes back with the token of a list from long ago rather wants to know that what it collects is of no use any more.
 */
export class PageHorizon {
  readonly #clock: Pick<Clock, "monotonicMs">
  /** Oldest first. The first is the newest of those that are past the age. */
  readonly #marks: Mark[] = []

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock
  }

  /** To be called with the current revision whenever a page is read. */
  note(revision: number): void {
    const atMs = this.#clock.monotonicMs()
    const last = this.#marks.at(-1)
    if (last === undefined || atMs - last.atMs >= MARK_EVERY_MS) this.#marks.push({ revision, atMs })
    while (this.#isOld(this.#marks[1])) this.#marks.shift()
  }

  /** Whether the revision was replaced by another one so long ago that lists of it cannot be continued. */
  isPast(revision: number): boolean {
    const [oldest] = this.#marks
    return oldest !== undefined && this.#isOld(oldest) && revision < oldest.revision
  }

  #isOld(mark: Mark | undefined): boolean {
    return mark !== undefined && this.#clock.monotonicMs() - mark.atMs >= PAGES_AGE_MS_MAX
  }
}
