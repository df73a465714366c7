/**
 * How JSON becomes CEL values: the part of a schema that says so. Made once per schema, shared by all objects. Shapes
 * may contain themselves.
 */
export type JsonShape =
  /** No schema: objects become maps, whole numbers int, other numbers double. */
  | { readonly kind: "any" }
  /** Data without a declared type (`x-kubernetes-preserve-unknown-fields` in an object): can only be compared. */
  | { readonly kind: "preserved" }
  | { readonly kind: "bool" | "int" | "double" | "string"; readonly nullable?: boolean }
  /** Whole numbers become int, text string. */
  | { readonly kind: "intOrString"; readonly nullable?: boolean }
  /** Text of `format`: date-time and date become timestamp, duration becomes duration, byte (base64) bytes. */
  | { readonly kind: "timestamp" | "date" | "duration" | "bytes"; readonly nullable?: boolean }
  | JsonListShape
  | { readonly kind: "map"; readonly values: JsonShape; readonly nullable?: boolean }
  | JsonObjectShape

export interface JsonListShape {
  readonly kind: "list"
  readonly items: JsonShape
  readonly nullable?: boolean
  /** Sets and maps are equal in any order, and `+` merges them as server-side apply does. Default atomic. */
  readonly listType?: "atomic" | "set" | "map"
  /** The JSON names of the fields that identify an item of a `map` list. */
  readonly mapKeys?: readonly string[]
}

export interface JsonObjectShape {
  readonly kind: "object"
  readonly nullable?: boolean
  /** By the name that expressions use, which differs from the JSON name where that is no identifier (`__dash__`). */
  readonly fields: ReadonlyMap<string, { readonly jsonName: string; readonly shape: JsonShape }>
}
