import { ExactNumber } from "../json/exact-number.ts"
import { deepEqual, isObject, type JsonObject } from "../patch/structure.ts"
import type { SchemaSource } from "./schema-source.ts"

/**
 * Which part of an object's earlier state a value comes from, so that what was wrong before and did not change may stay.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting
 */

/** There is no earlier state that a value could be compared with. */
export const NO_OLD = Symbol("no old value")

export function oldMemberOf(name: string, old: unknown): unknown {
  return isObject(old) && Object.hasOwn(old, name) ? old[name] : NO_OLD
}

/** The old items that have the keys of the new ones. Undefined where items cannot be told apart. */
export function oldItemsOf(
  source: SchemaSource,
  list: readonly unknown[],
  old: unknown,
): readonly unknown[] | undefined {
  const keys = source["x-kubernetes-list-map-keys"] ?? []
  if (source["x-kubernetes-list-type"] !== "map" || !Array.isArray(old) || keys.length === 0) return undefined
  const known = new Map<string, unknown>()
  for (const item of old) {
    const identity = identityOf(item, keys)
    if (identity !== undefined && !known.has(identity)) known.set(identity, item)
  }
  return list.map((item) => {
    const identity = identityOf(item, keys)
    return identity !== undefined && known.has(identity) ? known.get(identity) : NO_OLD
  })
}

function identityOf(item: unknown, keys: readonly string[]): string | undefined {
  if (!isObject(item)) return undefined
  const values: unknown[] = []
  for (const key of keys) {
    const value = Object.hasOwn(item, key) ? item[key] : undefined
    const isScalar = value !== null && (typeof value !== "object" || value instanceof ExactNumber)
    if (value === undefined || !isScalar) return undefined
    values.push(value)
  }
  return JSON.stringify(values)
}

/**
 * Whether a value equals its earlier state as far as the schema can follow: objects with members that it does not name
 * never do, and items of a list with keys may have moved.
 */
export function isUnchanged(source: SchemaSource, value: unknown, old: unknown): boolean {
  if (Array.isArray(value)) return Array.isArray(old) && isUnchangedList(source, value, old)
  if (isObject(value)) return isObject(old) && isUnchangedObject(source, value, old)
  return deepEqual(value, old)
}

function isUnchangedList(source: SchemaSource, list: readonly unknown[], old: readonly unknown[]): boolean {
  if (list.length !== old.length) return false
  const { items } = source
  const olds = oldItemsOf(source, list, old)
  if (olds === undefined || items === undefined || Array.isArray(items)) return deepEqual(list, old)
  return list.every((item, i) => olds[i] !== NO_OLD && isUnchanged(items as SchemaSource, item, olds[i]))
}

function isUnchangedObject(source: SchemaSource, object: JsonObject, old: JsonObject): boolean {
  const names = Object.keys(object)
  if (names.length !== Object.keys(old).length) return false
  const { properties = {}, additionalProperties: others } = source
  return names.every((name) => {
    const member = Object.hasOwn(properties, name) ? properties[name] : typeof others === "object" ? others : undefined
    return member !== undefined && Object.hasOwn(old, name) && isUnchanged(member, object[name], old[name])
  })
}
