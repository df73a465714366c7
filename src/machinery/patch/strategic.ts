import { jsonKind } from "../json/json-kind.ts"
import type { AnyStruct, FieldSchema, TypeSchema } from "../schema/schema.ts"
import { asAddition, DIRECTIVE, takeApart } from "./strategic-directives.ts"
import {
  badType,
  goText,
  kindOf,
  listOfLists,
  noMergeKey,
  StrategicMergeError,
  unknownDirective,
} from "./strategic-error.ts"
import { checkAgainstOrder, checkMergeKeys, identity, orderItems } from "./strategic-order.ts"
import { emptyLike, isObject, type JsonObject, ownMember, setMember } from "./structure.ts"

/**
 * Applies a strategic merge patch: a merge patch that merges lists item by item where the schema says how, with
 * directives for what a merge cannot express.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/#notes-on-the-strategic-merge-patch
 *
 * `original` is in its in-memory form, `patch` is parsed JSON. Neither is changed; the result shares parts with both
 * and still has to be decoded. Throws `StrategicMergeError`.
 */
export function strategicMerge(struct: AnyStruct, original: object, patch: unknown): JsonObject {
  if (!isObject(patch)) {
    throw new StrategicMergeError(
      `json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`,
      400,
    )
  }
  return mergeObject(struct, original as JsonObject, patch)
}

function mergeObject(type: TypeSchema, original: JsonObject, patch: JsonObject): JsonObject {
  if (Object.hasOwn(patch, DIRECTIVE)) return obeyDirective(patch)
  const { changes, deletions, orders, retained } = takeApart(patch)
  const result = emptyLike(original)
  for (const name of Object.keys(original)) {
    if (retained === undefined || retained.has(name)) setMember(result, name, original[name])
  }
  for (const [name, order] of orders) mergeOrdered(type, result, name, changes.get(name), order)
  for (const [name, change] of changes) if (!orders.has(name)) mergeMember(type, result, name, change)
  for (const [name, values] of deletions) deleteScalars(type, result, name, values)
  return result
}

function obeyDirective(patch: JsonObject): JsonObject {
  const directive = patch[DIRECTIVE]
  if (directive === "delete") return {}
  if (directive !== "replace") throw unknownDirective(directive, patch)
  const { [DIRECTIVE]: _, ...replacement } = patch
  return replacement
}

function mergeMember(type: TypeSchema, result: JsonObject, name: string, change: unknown): void {
  const before = ownMember(result, name)
  if (change === null) {
    delete result[name]
    return
  }
  const kind = kindOf(change)
  let merged: unknown
  if (before === undefined || kindOf(before) !== kind) merged = asAddition(change)
  else if (kind === "map") merged = mergeMap(fieldOf(type, name), before as JsonObject, change as JsonObject)
  else if (kind === "list") merged = mergeListField(listOf(type, name), before as unknown[], change as unknown[])
  else merged = change
  if (merged === undefined) delete result[name]
  else setMember(result, name, merged)
}

function mergeMap(field: FieldSchema, before: JsonObject, change: JsonObject): JsonObject {
  return strategyOf(field) === "replace" ? change : mergeObject(field.type(), before, change)
}

/** How a list field merges. */
interface ListField {
  readonly strategy: string
  readonly mergeKey: string
  readonly item: TypeSchema
}

function mergeListField(field: ListField, before: readonly unknown[], change: readonly unknown[]): readonly unknown[] {
  return field.strategy === "merge" ? mergeList(field, before, change) : change
}

function mergeList(field: ListField, before: readonly unknown[], change: readonly unknown[]): readonly unknown[] {
  if (before.length === 0 && change.length === 0) return before
  if (itemKind(before, change) !== "map") return orderItems(distinct([...before, ...change]), change, before, "")
  const { mergeKey } = field
  if (mergeKey === "") throw new StrategicMergeError(`cannot merge lists without merge key for ${goKind(field.item)}`)
  const { kept, changes } = obeyItemDirectives(before, change as readonly JsonObject[], mergeKey)
  const merged = mergeItems(field, kept, changes)
  checkMergeKeys(merged, mergeKey)
  return orderItems(merged, changes, kept, mergeKey)
}

/** Items with `$patch: delete` remove, one with `$patch: replace` makes the rest of the patch the whole list. */
function obeyItemDirectives(before: readonly unknown[], change: readonly JsonObject[], mergeKey: string) {
  const changes: JsonObject[] = []
  let kept = before
  let replace = false
  for (const item of change) {
    if (!Object.hasOwn(item, DIRECTIVE)) {
      changes.push(item)
      continue
    }
    switch (item[DIRECTIVE]) {
      case "delete": {
        if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey)
        const gone = identity(item, mergeKey)
        kept = kept.filter((one) => identity(one, mergeKey) !== gone)
        break
      }
      case "replace":
        replace = true
        break
      case "merge":
        throw new StrategicMergeError("merging lists cannot yet be specified in the patch")
      default:
        throw unknownDirective(item[DIRECTIVE], item)
    }
  }
  return replace ? { kept: changes, changes: [] } : { kept, changes }
}

function mergeItems(field: ListField, before: readonly unknown[], changes: readonly JsonObject[]): unknown[] {
  const merged = [...before]
  const places = new Map<unknown, number>()
  for (const [index, item] of merged.entries()) {
    const key = identity(item, field.mergeKey)
    if (key !== undefined && !places.has(key)) places.set(key, index)
  }
  for (const change of changes) {
    if (!Object.hasOwn(change, field.mergeKey)) throw noMergeKey(change, field.mergeKey)
    const key = identity(change, field.mergeKey)
    const place = places.get(key)
    if (place === undefined) places.set(key, merged.push(change) - 1)
    else merged[place] = mergeObject(field.item, merged[place] as JsonObject, change)
  }
  return merged
}

/** A list together with its `$setElementOrder`. */
function mergeOrdered(type: TypeSchema, result: JsonObject, name: string, change: unknown, order: unknown): void {
  if (!Array.isArray(order)) throw badType("list", order)
  const before = ownMember(result, name)
  if (before !== undefined && !Array.isArray(before)) throw badType("list", before)
  if (change !== undefined && !Array.isArray(change)) throw badType("list", change)
  const field = listOf(type, name)
  checkAgainstOrder(change, order, field.mergeKey)
  let merged: readonly unknown[]
  if (change === undefined) {
    if (before === undefined) return
    merged = before
  } else if (before === undefined) merged = asAddition(change) as readonly unknown[]
  else merged = mergeListField(field, before, change)
  itemKind(before ?? [], change ?? [])
  checkMergeKeys(merged, field.mergeKey)
  checkMergeKeys(order, field.mergeKey)
  setMember(result, name, orderItems(merged, order, before ?? [], field.mergeKey))
}

function deleteScalars(type: TypeSchema, result: JsonObject, name: string, values: unknown): void {
  const before = ownMember(result, name)
  if (!Array.isArray(before) || !Array.isArray(values)) return
  const field = listOf(type, name)
  if (before.length === 0 && values.length === 0) return
  if (itemKind(before, values) === "map") {
    setMember(result, name, mergeList(field, before, values))
    return
  }
  const gone = new Set(values.map((value) => identity(value, "")))
  const kept = before.filter((item) => !gone.has(identity(item, "")))
  setMember(result, name, kept)
}

function distinct(items: readonly unknown[]): readonly unknown[] {
  const seen = new Map<unknown, unknown>()
  for (const item of items) {
    const key = identity(item, "")
    if (!seen.has(key)) seen.set(key, item)
  }
  return [...seen.values()]
}

/** The one kind that all items have. */
function itemKind(before: readonly unknown[], change: readonly unknown[]): string {
  const kinds = new Set([...before, ...change].map(kindOf))
  const [kind] = kinds
  if (kind === undefined) throw new StrategicMergeError("no elements in any of the given slices")
  if (kind === "list") throw listOfLists()
  if (kinds.size === 1) return kind
  throw new StrategicMergeError(`list element types are not identical: ${goText([before, change])}`)
}

function fieldOf(type: TypeSchema, name: string): FieldSchema {
  if (type.type === "list" || type.type === "map") {
    const kind = goKind(type)
    throw new StrategicMergeError(`merging an object in json but data type is not struct, instead is: ${kind}`)
  }
  const field = type.type === "struct" ? type.members.get(name) : undefined
  if (field !== undefined) return field
  throw new StrategicMergeError(
    `unable to find api field in struct ${goName(type)} for the json field ${JSON.stringify(name)}`,
  )
}

function listOf(type: TypeSchema, name: string): ListField {
  const field = fieldOf(type, name)
  const list = field.type()
  if (list.type !== "list") throw new StrategicMergeError("expected slice or array type, but got: struct")
  if (list.item.type === "list") throw new StrategicMergeError("unexpected slice of slice")
  return { strategy: strategyOf(field), mergeKey: field.mergeKey ?? "", item: list.item }
}

/** Without `retainKeys`, which only tells clients to send `$retainKeys`. */
function strategyOf({ patchStrategy }: FieldSchema): string {
  if (patchStrategy === undefined || patchStrategy === "retainKeys") return ""
  return patchStrategy === "merge,retainKeys" ? "merge" : patchStrategy
}

function goKind(type: TypeSchema): string {
  if (type.type === "list") return "slice"
  if (type.type === "map") return "map"
  return type.type === "struct" ? "struct" : type.type
}

function goName(type: TypeSchema): string {
  if (type.type === "struct") return type.name.slice(type.name.lastIndexOf(".") + 1)
  return type.type === "rawExtension" ? "RawExtension" : type.type === "json" ? "JSON" : type.type
}
