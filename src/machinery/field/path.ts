/**
 * Where a field stands in an object, written as `spec.containers[0].name` or `metadata.labels[app]`. Immutable; a path
 * is a link to its parent, so descending costs one small object and the text is made only when an error is reported.
 */
export class FieldPath {
  readonly #parent: FieldPath | undefined
  readonly #part: string | number
  readonly #kind: "root" | "child" | "index" | "key"

  private constructor(parent: FieldPath | undefined, kind: "root" | "child" | "index" | "key", part: string | number) {
    this.#parent = parent
    this.#kind = kind
    this.#part = part
  }

  /** A path that begins with these field names. Without names it is the empty path. */
  static root(...names: readonly string[]): FieldPath {
    let path = new FieldPath(undefined, "root", "")
    for (const name of names) path = path.child(name)
    return path
  }

  child(name: string): FieldPath {
    return new FieldPath(this, "child", name)
  }

  index(index: number): FieldPath {
    return new FieldPath(this, "index", index)
  }

  key(key: string): FieldPath {
    return new FieldPath(this, "key", key)
  }

  toString(): string {
    const before = this.#parent?.toString() ?? ""
    if (this.#kind === "root") return before
    if (this.#kind !== "child") return `${before}[${this.#part}]`
    return before === "" ? String(this.#part) : `${before}.${this.#part}`
  }
}
