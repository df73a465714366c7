import { CelError, indexOutOfBounds, isError, noSuchKey } from "../error.ts"
import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import { CelObject, type CelResult, CelUint, type CelValue } from "../value.ts"
import { toText } from "./convert.ts"
import { typeOf } from "./type-of.ts"

/** A key as messages show it. */
export function keyText(key: CelValue): string {
  const text = toText(key)
  return isError(text) ? typeOf(key).name : String(text)
}

/** `container[key]` or `container.key`. */
export function access(container: CelValue, key: CelValue): CelResult {
  const found = accessIfPresent(container, key)
  if (found !== undefined) return found
  return container instanceof CelList ? absentIndex(key) : noSuchKey(keyText(key))
}

function absentIndex(key: CelValue): CelError {
  return indexOutOfBounds(key instanceof CelUint ? key.value : (key as bigint | number))
}

/** Undefined when there is nothing of that key. */
export function accessIfPresent(container: CelValue, key: CelValue): CelResult | undefined {
  if (container instanceof CelMap) return container.find(key)
  if (container instanceof CelList) {
    const index = listIndex(key)
    if (isError(index)) return index
    return index >= 0 && index < container.size ? container.at(index) : undefined
  }
  if (container instanceof CelObject && typeof key === "string") return container.field(key)
  return undefined
}

/** What `has(container.key)` and optional access go by: objects' fields are there when they are set. */
export function isPresent(container: CelValue, key: CelValue): boolean | CelError {
  if (container instanceof CelMap) return container.hasEntry(key)
  if (container instanceof CelObject && typeof key === "string") return container.hasField(key)
  const found = accessIfPresent(container, key)
  return isError(found) ? found : found !== undefined
}

function listIndex(key: CelValue): number | CelError {
  if (typeof key === "bigint") return Number(key)
  if (key instanceof CelUint) return Number(key.value)
  if (typeof key === "number") {
    return Number.isInteger(key) ? key : new CelError(`unsupported index value ${keyText(key)} in list`)
  }
  return new CelError(`unsupported index type '${typeOf(key).name}' in list`)
}
