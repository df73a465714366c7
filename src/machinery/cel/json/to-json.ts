import { numberFromBigInt } from "../../json/exact-number.ts"
import { isError } from "../error.ts"
import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import { CelType } from "../types.ts"
import { CelDuration, CelOptional, type CelResult, CelTimestamp, CelUint } from "../value.ts"
import { keyText } from "../values/access.ts"
import { formatDuration, formatTimestamp } from "../values/time-text.ts"
import { JsonList } from "./json-list.ts"
import { JsonMap, JsonObject } from "./json-map.ts"

/**
 * A CEL value as plain JSON data: timestamps and durations as text, bytes as base64, doubles that are no numbers by
 * name. What came from JSON is given back as it is. Throws TypeError for types, optionals and errors.
 */
export function celToJson(value: CelResult): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value
  if (typeof value === "bigint") return numberFromBigInt(value)
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (isError(value)) throw new TypeError(value.message)
  if (value instanceof JsonList || value instanceof JsonMap || value instanceof JsonObject) return value.json
  if (value instanceof CelList) return Array.from(value, celToJson)
  if (value instanceof CelMap) return mapToJson(value)
  if (value instanceof CelUint) return numberFromBigInt(value.value)
  if (value instanceof CelTimestamp) return formatTimestamp(value)
  if (value instanceof CelDuration) return formatDuration(value.nanos)
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64")
  if (value instanceof CelType || value instanceof CelOptional)
    throw new TypeError("types and optionals have no JSON form")
  return value.toJson()
}

function mapToJson(map: CelMap): unknown {
  const entries = Array.from(map.keys(), (key) => [keyText(key), celToJson(map.find(key) ?? null)] as const)
  // Unlike assignment, this makes `__proto__` an ordinary member.
  return Object.fromEntries(entries)
}
