/** When twice as many changes are there, so many remain. Whoever is further behind starts anew. */
export const CHANGES_KEPT = 8192

/** The names of the nodes where something changed, in that order: for those who keep what they know about nodes. */
export class ChangeLog {
  #names: string[] = []
  #dropped = 0

  /** Where the next change will stand. */
  get position(): number {
    return this.#dropped + this.#names.length
  }

  add(nodeName: string): void {
    this.#names.push(nodeName)
    if (this.#names.length < 2 * CHANGES_KEPT) return
    this.#names = this.#names.slice(-CHANGES_KEPT)
    this.#dropped += CHANGES_KEPT
  }

  /** Undefined: that is too long ago. */
  since(position: number): readonly string[] | undefined {
    return position < this.#dropped ? undefined : this.#names.slice(position - this.#dropped)
  }
}
