import type { FieldsV1 } from "./fields-v1.ts"
import type { MergeType } from "./merge-type.ts"
import { compareElements, elementText, fieldName, type PathElement } from "./path-element.ts"

export type FieldPathElements = readonly PathElement[]

interface Node {
  /** The field itself is in the set, not only fields inside it. */
  readonly member: boolean
  readonly children: FieldSet
}

/**
 * A set of fields of an object: a tree with a mark where a field itself is a member. A field inside a member is not in
 * the set by that. The operations make new sets, which share parts with the old ones; only inserting changes a set, and
 * only whoever made it may do that.
 */
export class FieldSet {
  static readonly EMPTY = new FieldSet()
  readonly #nodes: Map<PathElement, Node>
  /** Its form in `managedFields`, kept for the next write by whoever made it. Nothing is inserted from then on. */
  encoded: FieldsV1 | undefined

  constructor(nodes: Map<PathElement, Node> = new Map()) {
    this.#nodes = nodes
  }

  static of(...paths: readonly FieldPathElements[]): FieldSet {
    const set = new FieldSet()
    for (const path of paths) set.insert(path)
    return set
  }

  /** Nobody owns the whole object, so the empty path is ignored. */
  insert(path: FieldPathElements): void {
    const last = path.at(-1)
    if (last === undefined) return
    path
      .slice(0, -1)
      .reduce((set: FieldSet, element) => set.descend(element), this)
      .insertMember(last)
  }

  insertMember(element: PathElement): void {
    const node = this.#nodes.get(element)
    if (node?.member) return
    this.#nodes.set(element, { member: true, children: node?.children ?? new FieldSet() })
  }

  /** The set of the fields below one step, into which more may be inserted. Something must be. */
  descend(element: PathElement): FieldSet {
    let node = this.#nodes.get(element)
    if (node === undefined) this.#nodes.set(element, (node = { member: false, children: new FieldSet() }))
    return node.children
  }

  get isEmpty(): boolean {
    return this.#nodes.size === 0
  }

  has(path: FieldPathElements): boolean {
    const last = path.at(-1)
    if (last === undefined) return false
    const parent = path.slice(0, -1).reduce((set: FieldSet, element) => set.below(element), this)
    return parent.hasMember(last)
  }

  hasMember(element: PathElement): boolean {
    return this.#nodes.get(element)?.member ?? false
  }

  /** The fields below one step. */
  below(element: PathElement): FieldSet {
    return this.#nodes.get(element)?.children ?? FieldSet.EMPTY
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty) return this
    if (this.isEmpty) return other
    const nodes = new Map(this.#nodes)
    for (const [element, right] of other.#nodes) {
      const left = nodes.get(element)
      if (left === undefined) nodes.set(element, right)
      else {
        const children = left.children.union(right.children)
        nodes.set(element, { member: left.member || right.member, children })
      }
    }
    return new FieldSet(nodes)
  }

  intersection(other: FieldSet): FieldSet {
    return this.#combine(other, (left, right) => ({
      member: left.member && right.member,
      children: left.children.intersection(right.children),
    }))
  }

  /** Without the members of `other`; what is inside them stays. */
  difference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this
    return this.#combine(
      other,
      (left, right) => ({
        member: left.member && !right.member,
        children: left.children.difference(right.children),
      }),
      (left) => left,
    )
  }

  /** Without the members of `other` and all that is inside them. */
  recursiveDifference(other: FieldSet): FieldSet {
    if (other.isEmpty) return this
    return this.#combine(
      other,
      (left, right) =>
        right.member
          ? { member: false, children: FieldSet.EMPTY }
          : { member: left.member, children: left.children.recursiveDifference(right.children) },
      (left) => left,
    )
  }

  #combine(other: FieldSet, both: (left: Node, right: Node) => Node, alone?: (left: Node) => Node): FieldSet {
    const nodes = new Map<PathElement, Node>()
    for (const [element, left] of this.#nodes) {
      const right = other.#nodes.get(element)
      const node = right === undefined ? alone?.(left) : both(left, right)
      if (node !== undefined && (node.member || !node.children.isEmpty)) nodes.set(element, node)
    }
    return new FieldSet(nodes)
  }

  /** Marks the structs' fields on the way to each member: who owns `a.b` owns the field `a`, unless `a` is a map. */
  withNamedFields(type: MergeType | undefined): FieldSet {
    const nodes = new Map<PathElement, Node>()
    for (const [element, { member, children }] of this.#nodes) {
      const name = fieldName(element)
      const here = type?.type === "any" ? (name === undefined ? type.ofList : type.ofObject) : type
      const known = here?.type === "struct" && name !== undefined ? here.member(name) : undefined
      const isField = known !== undefined && here?.type === "struct" && here.isEntry?.(name ?? "") !== true
      const inner = known ?? (here?.type === "map" ? here.value : here?.type === "keyed" ? here.item : undefined)
      nodes.set(element, {
        member: member || (isField && !children.isEmpty),
        children: children.withNamedFields(inner),
      })
    }
    return new FieldSet(nodes)
  }

  equals(other: FieldSet): boolean {
    if (this === other) return true
    if (this.#nodes.size !== other.#nodes.size) return false
    for (const [element, left] of this.#nodes) {
      const right = other.#nodes.get(element)
      if (right === undefined || left.member !== right.member || !left.children.equals(right.children)) return false
    }
    return true
  }

  /** The steps below this one in the order of `fieldsV1`. */
  entries(): readonly (readonly [PathElement, Node])[] {
    return [...this.#nodes].sort(([a], [b]) => compareElements(a, b))
  }

  /** All members, each level before the ones inside it. */
  *paths(prefix: FieldPathElements = []): Generator<FieldPathElements> {
    const entries = this.entries()
    for (const [element, { member }] of entries) if (member) yield [...prefix, element]
    for (const [element, { children }] of entries) yield* children.paths([...prefix, element])
  }

  toString(): string {
    return [...this.paths()].map(pathText).join("\n")
  }
}

/** `.spec.containers[name="a"].image` */
export function pathText(path: FieldPathElements): string {
  return path.map(elementText).join("")
}
