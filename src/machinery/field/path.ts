/**
 * Where a field stands in an object, written as `spec.containers[0].name` or `metadata.labels[app]`. Immutable; a path
 * is a link to its parent, so descending costs one small object and the text is made only when an error is reported.
 */
export class FieldPath {
  readonly #parent: FieldPath | undefined
  readonly #part: string

  private constructor(parent: FieldPath | undefined, part: string) {
    this.#parent = parent
    this.#part = part
  }

  /** A path that begins with these field names. Without names it is the empty path. */
  static root(...names: readonly string[]): FieldPath {
    let path = new FieldPath(undefined, "")
    for (const name of names) path = path.child(name)
    return path
  }

  child(name: string): FieldPath {
    return new FieldPath(this, this.#isEmpty() ? name : `.${name}`)
  }

  index(index: number): FieldPath {
    return new FieldPath(this, `[${index}]`)
  }

  key(key: string): FieldPath {
    return new FieldPath(this, `[${key}]`)
  }

  toString(): string {
    let text = this.#part
    for (let at = this.#parent; at !== undefined; at = at.#parent) text = at.#part + text
    return text
  }

  #isEmpty(): boolean {
    return this.#part === "" && this.#parent === undefined
  }
}
