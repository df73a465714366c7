import { emptyLike, isObject, type JsonObject, setMember } from "../patch/structure.ts"
import { itemElement, type KeyedType, type MergeType, resolve, type SetType } from "./merge-type.ts"
import type { PathElement } from "./path-element.ts"

/**
 * The live value with what is applied laid over it: nothing is removed, and where both have a leaf the applied one
 * counts. `undefined` is absent. Neither argument is changed; the result shares parts with both.
 */
export function merge(declared: MergeType, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live
  const type = resolve(declared, applied)
  switch (type.type) {
    case "leaf":
      return applied
    case "struct":
    case "map":
      if (isEmpty(live) && isEmpty(applied)) return applied
      return mergeMembers(type, isObject(live) ? live : {}, isObject(applied) ? applied : {})
    default:
      if (isEmpty(live) && isEmpty(applied)) return applied
      return mergeItems(type, Array.isArray(live) ? live : [], Array.isArray(applied) ? applied : [])
  }
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  return !isObject(value) || Object.keys(value).length === 0
}

function mergeMembers(
  type: MergeType & { readonly type: "struct" | "map" },
  live: JsonObject,
  applied: JsonObject,
): unknown {
  const result = emptyLike(live)
  for (const name of new Set([...Object.keys(live), ...Object.keys(applied)])) {
    const inner = (type.type === "struct" ? type.member(name) : type.value) ?? { type: "leaf" }
    const merged = merge(inner, own(live, name), own(applied, name))
    if (merged !== undefined) setMember(result, name, merged)
  }
  return result
}

const own = (object: JsonObject, name: string) => (Object.hasOwn(object, name) ? object[name] : undefined)

/**
 * Items keep the live order where the applied list does not disagree. Both are walked together: a live item that is
 * not applied is taken where it stands, an applied one when it is its turn.
 */
function mergeItems(type: SetType | KeyedType, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const item: MergeType = type.type === "keyed" ? type.item : { type: "leaf" }
  const liveNames = live.map((one) => itemElement(type, one))
  const appliedNames = applied.map((one) => itemElement(type, one))
  const liveItems = uniqueItems(liveNames, live)
  const appliedItems = uniqueItems(appliedNames, applied)
  const shared = appliedNames.filter((name) => liveItems.has(name))
  const taken = new Set<PathElement>()
  const result: unknown[] = []
  let nextShared = shared.shift()
  let l = 0
  let a = 0
  const takeApplied = (name: PathElement) => {
    taken.add(name)
    result.push(merge(item, liveItems.get(name), appliedItems.get(name)))
    a++
    if (name === nextShared) nextShared = shared.shift()
  }
  while (l < live.length || a < applied.length) {
    const liveName = liveNames[l]
    const appliedName = appliedNames[a]
    if (liveName !== undefined && liveName === appliedName) {
      takeApplied(appliedName)
      l++
    } else if (liveName !== undefined && !appliedItems.has(liveName)) {
      result.push(live[l])
      l++
    } else if (
      liveName !== undefined &&
      (taken.has(liveName) || (appliedName !== undefined && liveName !== nextShared))
    ) {
      // It was taken, or its turn comes later.
      l++
    } else if (appliedName !== undefined) takeApplied(appliedName)
  }
  return result
}

/** By name. Items that cannot be told apart are not merged with what is applied, so they are absent here. */
function uniqueItems(names: readonly PathElement[], items: readonly unknown[]): ReadonlyMap<PathElement, unknown> {
  const found = new Map<PathElement, unknown>()
  for (const [index, name] of names.entries()) found.set(name, found.has(name) ? null : items[index])
  return found
}
