import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import { FieldPath } from "../field/path.ts"
import { deepEqual, isObject, type JsonObject } from "../patch/structure.ts"
import type { AnyStruct, FieldSchema, TypeOf } from "../schema/schema.ts"
import { structInside } from "../schema/struct-inside.ts"
import { canonicalText } from "./repeated-items.ts"

export const IMMUTABLE_MESSAGE = "field is immutable"

/**
 * What an update changed although the schema calls it immutable: `field is immutable`. Structs inside maps and inside
 * lists of type `map` are compared with the old one of the same key; in other lists items have no identity.
 */
export function validateUpdate<S extends AnyStruct>(
  struct: S,
  value: TypeOf<S>,
  old: TypeOf<S>,
  path: FieldPath = FieldPath.root(),
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (isObject(value) && isObject(old)) compareStructs(struct, value, old, path, errors)
  return errors
}

function compareStructs(
  struct: AnyStruct,
  value: JsonObject,
  old: JsonObject,
  path: FieldPath,
  errors: FieldError[],
): void {
  for (const schema of immutablesOf(struct)) {
    const now = value[schema.name]
    const before = old[schema.name]
    if (schema.immutable) {
      if (!deepEqual(now ?? null, before ?? null)) {
        errors.push(field.invalid(path.child(schema.name), now, IMMUTABLE_MESSAGE))
      }
    } else compareInside(schema, now, before, path.child(schema.name), errors)
  }
}

function compareInside(
  schema: FieldSchema,
  now: unknown,
  before: unknown,
  path: FieldPath,
  errors: FieldError[],
): void {
  const type = schema.type()
  if (type.type === "struct") {
    if (isObject(now) && isObject(before)) compareStructs(type, now, before, path, errors)
  } else if (type.type === "map" && type.value.type === "struct") {
    if (!isObject(now) || !isObject(before)) return
    for (const key of Object.keys(now)) {
      const [left, right] = [now[key], Object.hasOwn(before, key) ? before[key] : undefined]
      if (isObject(left) && isObject(right)) compareStructs(type.value, left, right, path.key(key), errors)
    }
  } else if (type.type === "list" && type.item.type === "struct" && schema.listType === "map") {
    if (Array.isArray(now) && Array.isArray(before)) {
      compareItems(type.item, schema.mapKeys ?? [], now, before, path, errors)
    }
  }
}

function compareItems(
  struct: AnyStruct,
  keys: readonly string[],
  now: readonly unknown[],
  before: readonly unknown[],
  path: FieldPath,
  errors: FieldError[],
): void {
  const identity = (item: JsonObject) => canonicalText(keys.map((key) => item[key] ?? null))
  const known = new Map(before.filter(isObject).map((item) => [identity(item), item]))
  for (const [index, item] of now.entries()) {
    const old = isObject(item) ? known.get(identity(item)) : undefined
    if (isObject(item) && old !== undefined) compareStructs(struct, item, old, path.index(index), errors)
  }
}

const immutables = new WeakMap<AnyStruct, readonly FieldSchema[]>()

/** The fields that are immutable or hold something that is; most structs have none. */
function immutablesOf(struct: AnyStruct): readonly FieldSchema[] {
  let found = immutables.get(struct)
  if (found === undefined) {
    found = [...struct.members.values()].filter((schema) => isImmutable(schema, new Set()))
    immutables.set(struct, found)
  }
  return found
}

function isImmutable(schema: FieldSchema, seen: Set<AnyStruct>): boolean {
  if (schema.immutable) return true
  const inner = structInside(schema.type())
  if (inner === undefined || seen.has(inner)) return false
  seen.add(inner)
  return [...inner.members.values()].some((member) => isImmutable(member, seen))
}
