import type { Informer, Key } from "../../../client/informer.ts"
import { keyOf } from "../../../client/informer.ts"

interface Versioned {
  readonly metadata: { readonly namespace?: string; readonly name: string; readonly resourceVersion: string }
}

/**
 * Objects as they will be once the API knows what has been decided about them. An assumption ends when the object
 * changes, by our own write or by somebody else's.
 */
export class AssumeCache<T extends Versioned> {
  readonly #informer: Pick<Informer<T>, "get" | "list">
  readonly #assumed = new Map<Key, T>()

  constructor(informer: Pick<Informer<T>, "get" | "list">) {
    this.#informer = informer
  }

  get(key: Key): T | undefined {
    return this.#current(this.#informer.get(key))
  }

  list(): T[] {
    return this.#informer.list().map((object) => this.#current(object) ?? object)
  }

  /** As the API has it. */
  stored(key: Key): T | undefined {
    return this.#informer.get(key)
  }

  /** The object must have the resourceVersion of the stored one. */
  assume(object: T): void {
    this.#assumed.set(keyOf(object), object)
  }

  /** Ends the assumption, if it is still the same one. */
  restore(object: T): void {
    const key = keyOf(object)
    if (this.#assumed.get(key) === object) this.#assumed.delete(key)
  }

  #current(stored: T | undefined): T | undefined {
    if (stored === undefined) return undefined
    const key = keyOf(stored)
    const assumed = this.#assumed.get(key)
    if (assumed === undefined) return stored
    if (assumed.metadata.resourceVersion === stored.metadata.resourceVersion) return assumed
    this.#assumed.delete(key)
    return stored
  }
}
