import { DIRECTIVE } from "./strategic-directives.ts"
import { badElementOrder, badType, goText, noMergeKey, StrategicMergeError } from "./strategic-error.ts"
import { deepEqual, isObject } from "./structure.ts"

/** Where the items of a merged list stand. https://git.k8s.io/design-proposals-archive/cli/preserve-order-in-strategic-merge-patch.md */

/**
 * Items that the patch names come in its order, the others in that of the live list; the two are interleaved as they
 * stood in the live list. `mergeKey` is empty for lists of scalars.
 */
export function orderItems(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  liveOrder: readonly unknown[],
  mergeKey: string,
): unknown[] {
  const inPatch = positions(patchOrder, mergeKey)
  const inLive = positions(liveOrder, mergeKey)
  const at = (order: ReadonlyMap<unknown, number>, item: unknown) => order.get(identity(item, mergeKey)) ?? -1
  const named = merged.filter((item) => at(inPatch, item) >= 0)
  const others = merged.filter((item) => at(inPatch, item) < 0)
  named.sort((a, b) => at(inPatch, a) - at(inPatch, b))
  others.sort((a, b) => at(inLive, a) - at(inLive, b))
  return interleave(others, named, (item) => at(inLive, item))
}

/** Each of `left` comes before the first of `right` that stands later in the live list; the order of both is kept. */
function interleave(left: readonly unknown[], right: readonly unknown[], livePosition: (item: unknown) => number) {
  const result: unknown[] = []
  let next = 0
  for (const item of right) {
    const position = livePosition(item)
    while (next < left.length) {
      const candidate = livePosition(left[next])
      if (position < 0 || candidate < 0 || candidate >= position) break
      result.push(left[next++])
    }
    result.push(item)
  }
  return [...result, ...left.slice(next)]
}

function positions(items: readonly unknown[], mergeKey: string): ReadonlyMap<unknown, number> {
  const found = new Map<unknown, number>()
  for (const [index, item] of items.entries()) {
    const key = identity(item, mergeKey)
    if (!found.has(key)) found.set(key, index)
  }
  return found
}

/** What tells items apart: the merge key's value, or the scalar itself. Large integers are compared by their text. */
export function identity(item: unknown, mergeKey: string): unknown {
  const value = mergeKey === "" || !isObject(item) ? item : item[mergeKey]
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value
}

/** Throws unless all items are objects with a merge key; for lists of scalars everything passes. */
export function checkMergeKeys(items: readonly unknown[], mergeKey: string): void {
  if (mergeKey === "") return
  for (const item of items) {
    if (!isObject(item)) throw badType("map", item)
    if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey)
  }
}

/**
 * The items of a patch must stand in its `$setElementOrder` list, in the same order. Items to delete need not stand in
 * it.
 */
export function checkAgainstOrder(patch: unknown, order: unknown, mergeKey: string): void {
  if (patch === undefined) return
  if (!Array.isArray(order) || !Array.isArray(patch)) throw badElementOrder()
  if (order.length === 0) return
  const kept = patch.filter((item) => !(isObject(item) && Object.hasOwn(item, DIRECTIVE)))
  checkMergeKeys(kept, mergeKey)
  checkMergeKeys(order, mergeKey)
  let index = 0
  for (const item of order) {
    if (index < kept.length && deepEqual(identity(kept[index], mergeKey), identity(item, mergeKey))) index++
  }
  if (index === kept.length) return
  throw new StrategicMergeError(
    `The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
  )
}
