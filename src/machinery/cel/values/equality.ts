import { isError } from "../error.ts"
import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import { CelType } from "../types.ts"
import { CelDuration, CelObject, CelOptional, type CelResult, CelTimestamp, CelUint } from "../value.ts"

import { compareNumbers } from "./order.ts"

/** `a == b`. Numbers of all types compare by their value; values of different kinds are not equal. */
export function valuesEqual(a: CelResult, b: CelResult): boolean {
  if (typeof a === "object" && a !== null) return objectsEqual(a, b)
  if (typeof a === "bigint" || typeof a === "number") {
    const other = b instanceof CelUint ? b.value : b
    return typeof other === "bigint" || typeof other === "number" ? compareNumbers(a, other) === 0 : false
  }
  return a === b
}

function objectsEqual(a: object, b: CelResult): boolean {
  if (typeof b === "bigint" || typeof b === "number") return a instanceof CelUint && valuesEqual(b, a)
  if (b === null || typeof b !== "object") return false
  if (a instanceof CelList) return b instanceof CelList && listsEqual(a, b)
  if (a instanceof CelMap) return b instanceof CelMap && mapsEqual(a, b)
  if (a instanceof CelUint) return b instanceof CelUint && a.value === b.value
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.seconds === b.seconds && a.nanos === b.nanos
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof CelType) return b instanceof CelType && a.name === b.name
  if (a instanceof CelOptional) return b instanceof CelOptional && optionalsEqual(a, b)
  if (a instanceof CelObject) return !isError(b) && a.equals(b)
  return false
}

function listsEqual(a: CelList, b: CelList): boolean {
  const special = a.equalsList(b) ?? b.equalsList(a)
  if (special !== undefined) return special
  if (a.size !== b.size) return false
  for (let i = 0; i < a.size; i++) if (!valuesEqual(a.at(i), b.at(i))) return false
  return true
}

function mapsEqual(a: CelMap, b: CelMap): boolean {
  const special = a.equalsMap(b) ?? b.equalsMap(a)
  if (special !== undefined) return special
  if (a.size !== b.size) return false
  for (const key of a.keys()) {
    const other = b.find(key)
    const value = a.find(key)
    if (other === undefined || value === undefined || !valuesEqual(value, other)) return false
  }
  return true
}

function optionalsEqual(a: CelOptional, b: CelOptional): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value
  return valuesEqual(a.value, b.value)
}
