import type { FieldSet } from "./field-set.ts"
import type { PathElement } from "./path-element.ts"

/**
 * Where a walk through an object stands, so that it can put the field there into sets without going all the way from
 * the root. The sets come into being on the way only when something is inserted.
 */
export class Place<Sets extends { readonly [name in keyof Sets]: FieldSet }> {
  readonly #parent: Place<Sets> | undefined
  readonly #element: PathElement
  /** At the root the sets themselves. */
  readonly #sets: { [name in keyof Sets]?: FieldSet }

  private constructor(
    parent: Place<Sets> | undefined,
    element: PathElement,
    sets: { [name in keyof Sets]?: FieldSet },
  ) {
    this.#parent = parent
    this.#element = element
    this.#sets = sets
  }

  static root<Sets extends { readonly [name in keyof Sets]: FieldSet }>(sets: Sets): Place<Sets> {
    return new Place<Sets>(undefined, "", sets)
  }

  below(element: PathElement): Place<Sets> {
    return new Place<Sets>(this, element, {})
  }

  /** Nobody owns the whole object, so nothing is inserted at the root. */
  insert(into: keyof Sets): void {
    const parent = this.#parent
    if (parent !== undefined) parent.#setIn(into)?.insertMember(this.#element)
  }

  #setIn(name: keyof Sets): FieldSet | undefined {
    const known = this.#sets[name]
    const parent = this.#parent
    if (known !== undefined || parent === undefined) return known
    const set = parent.#setIn(name)?.descend(this.#element)
    if (set !== undefined) this.#sets[name] = set
    return set
  }
}
