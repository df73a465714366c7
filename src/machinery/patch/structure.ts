import { ExactNumber } from "../json/exact-number.ts"

/** Comparing and copying JSON values. Numbers compare by value; members named `__proto__` are data. */

export type JsonObject = { [member: string]: unknown }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
}

/** Equality of JSON values; the order of members does not count. */
export function deepEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false
    for (let i = 0; i < left.length; i++) if (!deepEqual(left[i], right[i])) return false
    return true
  }
  if (left instanceof ExactNumber || right instanceof ExactNumber) return String(left) === String(right)
  return !Array.isArray(right) && objectsEqual(left as JsonObject, right as JsonObject)
}

function objectsEqual(left: JsonObject, right: JsonObject): boolean {
  let members = 0
  for (const name in left) {
    if (left[name] === undefined) continue
    if (!Object.hasOwn(right, name) || !deepEqual(left[name], right[name])) return false
    members++
  }
  for (const name in right) if (right[name] !== undefined) members--
  return members === 0
}

/** A copy that shares nothing. Maps without a prototype stay so. */
export function deepClone<T>(value: T): T {
  return clone(value) as T
}

function clone(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) {
    const list: unknown[] = []
    for (const item of value) list.push(clone(item))
    return list
  }
  if (value instanceof ExactNumber) return value
  const source = value as JsonObject
  const copy = emptyLike(source)
  for (const name of Object.keys(source)) setMember(copy, name, clone(source[name]))
  return copy
}

/** A new object with the prototype of another: maps have none. */
export function emptyLike(object: object): JsonObject {
  return Object.getPrototypeOf(object) === null ? emptyMap<unknown>() : {}
}

/** A map for keys from outside. */
export function emptyMap<V>(): { [key: string]: V } {
  return Object.create(null) as { [key: string]: V }
}

/** Sets a member whatever its name is. */
export function setMember(object: JsonObject, name: string, value: unknown): void {
  if (name === "__proto__" && Object.getPrototypeOf(object) !== null) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  } else object[name] = value
}

/** The object's own member; undefined when there is none. */
export function ownMember(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}
