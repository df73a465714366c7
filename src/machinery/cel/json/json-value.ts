import { ExactNumber } from "../../json/exact-number.ts"
import { CelError } from "../error.ts"
import { opaqueType } from "../types.ts"
import { CelDuration, CelObject, type CelResult, type CelValue } from "../value.ts"
import { valuesEqual } from "../values/equality.ts"
import { parseTimestamp } from "../values/time-text.ts"
import { parseJsonDuration } from "./duration.ts"
import { JsonList } from "./json-list.ts"
import { JsonMap, JsonObject } from "./json-map.ts"
import type { JsonShape } from "./shape.ts"

/**
 * A JSON value (parsed, plain data) as CEL sees it, wrapped rather than copied: members become values when they are
 * asked for. An error when the JSON does not fit the shape. The JSON must not change while it is in use.
 */
export function jsonToCel(json: unknown, shape: JsonShape = { kind: "any" }): CelResult {
  if (shape.kind === "any") return schemaless(json)
  if (shape.kind === "preserved") return new PreservedJson(json)
  if (json === null || json === undefined) {
    return shape.nullable === true ? null : new CelError("invalid data, got null for schema with nullable=false")
  }
  switch (shape.kind) {
    case "bool":
      return typeof json === "boolean" ? json : wrongType("bool", json)
    case "int":
      return wholeNumber(json) ?? wrongType("int", json)
    case "double":
      return typeof json === "number"
        ? json
        : json instanceof ExactNumber
          ? Number(json.text)
          : wrongType("float", json)
    case "intOrString":
      if (typeof json === "string") return json
      return (
        wholeNumber(json) ?? new CelError("invalid data, expected XIntOrString value to be either a string or integer")
      )
    case "list":
      if (Array.isArray(json)) return new JsonList(json, shape)
      return new CelError("invalid data, expected an array for the provided schema with type=array")
    case "map":
    case "object":
      if (!isRecord(json)) return new CelError("invalid data, expected a map for the provided schema with type=object")
      return shape.kind === "map" ? new JsonMap(json, shape.values) : new JsonObject(json, shape)
    default:
      return typeof json === "string" ? textValue(json, shape.kind) : wrongType("string", json)
  }
}

function schemaless(json: unknown): CelResult {
  switch (typeof json) {
    case "string":
    case "boolean":
      return json
    case "number":
      // -0 and whatever has a fraction are doubles.
      return Number.isSafeInteger(json) && !Object.is(json, -0) ? BigInt(json) : json
    case "bigint":
      return json
  }
  if (json === null || json === undefined) return null
  if (json instanceof ExactNumber) return BigInt(json.text)
  if (Array.isArray(json)) return new JsonList(json, ANY_LIST)
  return isRecord(json) ? new JsonMap(json, ANY) : new CelError(`unsupported conversion of ${typeof json}`)
}

const ANY: JsonShape = { kind: "any" }
const ANY_LIST = { kind: "list", items: ANY } as const

function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null && !Array.isArray(json)
}

function wholeNumber(json: unknown): bigint | undefined {
  if (typeof json === "number") return Number.isInteger(json) ? BigInt(json) : undefined
  if (typeof json === "bigint") return json
  return json instanceof ExactNumber ? BigInt(json.text) : undefined
}

/** What Go calls the type of parsed JSON. */
function wrongType(expected: string, json: unknown): CelError {
  return new CelError(`invalid data, expected ${expected}, got ${goType(json)}`)
}

function goType(json: unknown): string {
  if (typeof json === "string") return "string"
  if (typeof json === "boolean") return "bool"
  if (typeof json === "number" && !Number.isInteger(json)) return "float64"
  if (Array.isArray(json)) return "[]interface {}"
  return isRecord(json) && !(json instanceof ExactNumber) ? "map[string]interface {}" : "int64"
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function textValue(text: string, kind: "string" | "timestamp" | "date" | "duration" | "bytes"): CelResult {
  switch (kind) {
    case "string":
      return text
    case "timestamp":
      return parseTimestamp(text) ?? new CelError(`Invalid date-time formatted string ${text}: cannot be parsed`)
    case "date": {
      const parsed = DATE.test(text) ? parseTimestamp(`${text}T00:00:00Z`) : undefined
      return parsed ?? new CelError(`Invalid date formatted string ${text}: cannot be parsed`)
    }
    case "duration": {
      const nanos = parseJsonDuration(text)
      return nanos === undefined ? new CelError(`Invalid duration ${text}: cannot be parsed`) : new CelDuration(nanos)
    }
    case "bytes":
      if (!BASE64.test(text)) return new CelError(`Invalid byte formatted string ${text}: cannot be decoded`)
      return new Uint8Array(Buffer.from(text, "base64"))
  }
}

const preservedType = opaqueType("unknown")

/** Data that expressions cannot look into. */
class PreservedJson extends CelObject {
  readonly type = preservedType
  readonly #json: unknown

  constructor(json: unknown) {
    super()
    this.#json = json
  }

  equals(other: CelValue): boolean {
    return other instanceof PreservedJson && valuesEqual(schemaless(this.#json), schemaless(other.#json))
  }

  override toJson(): unknown {
    return this.#json
  }
}
