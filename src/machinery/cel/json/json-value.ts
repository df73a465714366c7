import type { CelResult } from "../value.ts"
import type { JsonShape } from "./shape.ts"

/**
 * A JSON value (parsed, plain data) as CEL sees it, wrapped rather than copied: members become values when they are
 * asked for. An error when the JSON does not fit the shape. The JSON must not change while it is in use.
 */
export function jsonToCel(_json: unknown, _shape: JsonShape = { kind: "any" }): CelResult {
  throw new Error("not there yet")
}

/** A CEL value as plain JSON data: timestamps and durations as text, bytes as base64. Throws for types and optionals. */
export function celToJson(_value: CelResult): unknown {
  throw new Error("not there yet")
}
