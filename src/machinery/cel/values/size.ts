import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import { CelOptional, type CelResult } from "../value.ts"
import { codePointCount } from "./text.ts"

/** Undefined for what has no size. */
export function sizeOf(value: CelResult): number | undefined {
  if (typeof value === "string") return codePointCount(value)
  if (value instanceof CelList || value instanceof CelMap) return value.size
  if (value instanceof Uint8Array) return value.length
  return undefined
}

/** The size that costs depend on: 1 for what has none. */
export function costSize(value: CelResult): number {
  if (value instanceof CelOptional && value.value !== undefined) return costSize(value.value)
  return sizeOf(value) ?? 1
}
