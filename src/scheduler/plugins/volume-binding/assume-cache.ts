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
  readonly #informer: Pick<Informer<T>, "get" | "list" | "onChange">
  readonly #assumed = new Map<Key, T>()

  constructor(informer: Pick<Informer<T>, "get" | "list" | "onChange">) {
    this.#informer = informer
    informer.onChange(({ object }) => this.#assumed.delete(keyOf(object)))
  }

  get(key: Key): T | undefined {
    return this.#assumed.get(key) ?? this.#informer.get(key)
  }

  list(): T[] {
    return this.#informer.list().map((object) => this.#assumed.get(keyOf(object)) ?? object)
  }

  /** Does nothing when the stored object is not the version any more that was decided about. */
  assume(object: T): void {
    const key = keyOf(object)
    const stored = this.#informer.get(key)
    if (stored?.metadata.resourceVersion === object.metadata.resourceVersion) this.#assumed.set(key, object)
  }

  /** Ends the assumption, if it is still the same one. */
  restore(object: T): void {
    const key = keyOf(object)
    if (this.#assumed.get(key) === object) this.#assumed.delete(key)
  }
}
