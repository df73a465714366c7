import { badElementOrder, badPrimitiveList, badRetainKeys } from "./strategic-error.ts"
import { emptyLike, isObject, type JsonObject, setMember } from "./structure.ts"

/** The members of a strategic merge patch that are instructions and not data. */

/** `replace`, `delete` or, nowhere useful, `merge`. */
export const DIRECTIVE = "$patch"
const RETAIN_KEYS = "$retainKeys"
const DELETE_PREFIX = "$deleteFromPrimitiveList"
const ORDER_PREFIX = "$setElementOrder"

/** A patch of an object, taken apart. */
export interface PatchParts {
  /** The members that are data, by name. */
  readonly changes: ReadonlyMap<string, unknown>
  /** By the name of a list: scalars to remove from it. */
  readonly deletions: ReadonlyMap<string, unknown>
  /** By the name of a list: the order that its items shall have. */
  readonly orders: ReadonlyMap<string, unknown>
  /** The only members that may remain; undefined: all may. */
  readonly retained: ReadonlySet<string> | undefined
}

export function takeApart(patch: JsonObject): PatchParts {
  const changes = new Map<string, unknown>()
  const deletions = new Map<string, unknown>()
  const orders = new Map<string, unknown>()
  for (const name of Object.keys(patch)) {
    if (name.startsWith(DELETE_PREFIX)) deletions.set(listName(name, DELETE_PREFIX, badPrimitiveList), patch[name])
    else if (name.startsWith(ORDER_PREFIX)) orders.set(listName(name, ORDER_PREFIX, badElementOrder), patch[name])
    else if (name !== RETAIN_KEYS) changes.set(name, patch[name])
  }
  return { changes, deletions, orders, retained: readRetained(patch, changes) }
}

/** `$setElementOrder/containers` → `containers`. */
function listName(name: string, prefix: string, problem: () => Error): string {
  if (!name.startsWith(`${prefix}/`)) throw problem()
  return name.slice(prefix.length + 1)
}

function readRetained(patch: JsonObject, changes: ReadonlyMap<string, unknown>): ReadonlySet<string> | undefined {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return undefined
  const names = patch[RETAIN_KEYS]
  if (!Array.isArray(names)) throw badRetainKeys()
  const retained = new Set<string>(names)
  for (const [name, change] of changes) if (change !== null && !retained.has(name)) throw badRetainKeys()
  return retained
}

/** What is added where nothing was: without nulls and without objects that carry a directive. Undefined: nothing. */
export function asAddition(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asAddition).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (Object.hasOwn(value, DIRECTIVE)) return undefined
  const result = emptyLike(value)
  for (const name of Object.keys(value)) {
    const member = value[name]
    const added = member === null ? undefined : asAddition(member)
    if (added !== undefined) setMember(result, name, added)
  }
  return result
}
