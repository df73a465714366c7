import type { FieldError } from "../field/error.ts"
import type { FieldPath } from "../field/path.ts"
import type { ObjectForm } from "./object-form.ts"

/**
 * The schema language: a kind is described once, and types, codecs, defaulting, validation, OpenAPI, discovery, patches
 * and apply are derived from that description. Built-in kinds are written with the constructors in `fields.ts`; custom
 * resource definitions are compiled to the same descriptors at run time.
 *
 * ## In-memory form
 * An object in memory is exactly the value whose `JSON.stringify` is its canonical JSON. Quantities, times and durations
 * are canonical strings, bytes are base64, maps have a null prototype, structs are plain objects. Decoding brings every
 * input (JSON, YAML, protobuf) to this form, so encoding JSON needs no schema at all.
 */

/**
 * When a field is written.
 * - `value`: its zero value (`""`, `0`, `false`, `[]`, `{}`) means the same as absence and is dropped on decoding.
 * - `pointer`: zero and absent differ; written when present.
 * - `always`: written even when zero; decoding fills in the zero value (`{}` for a struct, `[]` for a list).
 */
export type Presence = "value" | "pointer" | "always"

export type ScalarType =
  | "string"
  | "bool"
  | "int32"
  | "int64"
  | "double"
  /** Base64 text in memory and JSON, raw bytes in protobuf. */
  | "bytes"
  /** Canonical `resource.Quantity` text. Protobuf: a message with field 1 `string`. */
  | "quantity"
  /** A number, or text. Protobuf: a message {1 type, 2 intVal, 3 strVal}. */
  | "intOrString"
  /** RFC 3339, UTC, whole seconds. Protobuf: {1 seconds, 2 nanos}. Null and absent are the zero time. */
  | "time"
  /** RFC 3339, UTC, six fractional digits. */
  | "microTime"
  /** Go duration text such as `1m30s`. Protobuf: {1 nanoseconds}. */
  | "duration"
  /** Any JSON object (`runtime.RawExtension`). Protobuf: {1 raw JSON bytes}. */
  | "rawExtension"
  /** Any JSON value (`apiextensions.v1.JSON`). Protobuf: {1 raw JSON bytes}. */
  | "json"
  /** A set of field paths of server-side apply, as JSON. Protobuf: {1 raw JSON bytes}. */
  | "fieldsV1"

export interface ScalarSchema {
  readonly type: ScalarType
}

export interface ListSchema {
  readonly type: "list"
  readonly item: TypeSchema
}

/** Keys are text. In protobuf a map is a repeated entry {1 key, 2 value}, ordered by key. */
export interface MapSchema {
  readonly type: "map"
  readonly value: TypeSchema
}

/**
 * An object of a struct, or else a truth value or a list, as `additionalProperties` and `items` of a JSON schema are.
 * Kubernetes reads the object without looking for unknown fields. Protobuf: a message with a field for each form; the
 * truth value is true beside an object.
 */
export interface EitherSchema<R = unknown, W = unknown> {
  readonly type: "either"
  /** The OpenAPI definition name. */
  readonly name: string
  readonly doc: string
  /** Evaluated lazily, because a schema contains schemas. */
  readonly object: { readonly number: number; readonly type: () => AnyStruct }
  readonly other: { readonly number: number; readonly type: () => BoolSchema | ListSchema }
  /** Phantom types; never present at run time. */
  readonly $read?: R
  readonly $write?: W
}
export interface BoolSchema extends ScalarSchema {
  readonly type: "bool"
}

export type TypeSchema = ScalarSchema | ListSchema | MapSchema | AnyStruct | EitherSchema

export interface StructSchema<R = unknown, W = unknown> {
  readonly type: "struct"
  /** The OpenAPI definition name, such as `io.k8s.api.core.v1.Container`. */
  readonly name: string
  readonly doc: string
  /** In protobuf order. An inlined field stands here as itself, not as its members. */
  readonly fields: readonly FieldSchema[]
  /** Every JSON member name, in the order of JSON, with inlined structs flattened. */
  readonly members: ReadonlyMap<string, FieldSchema>
  /** Describes a custom resource, whose members are not fields; `members` has only those that every object has. */
  readonly form?: ObjectForm
  /** `atomic`: server-side apply treats the whole struct as one value. */
  readonly mapType?: "atomic"
  /** Other names that publish the same definition in OpenAPI (kept for clients that look for them). */
  readonly unions?: readonly UnionRule[]
  /** Defaults that depend on other members. Runs after the static defaults of the struct's own fields. */
  readonly defaults?: (value: Draft<R>) => void
  /** Rules that span fields. Bounds of one field live with the field. */
  readonly validate?: (value: R, path: FieldPath) => readonly FieldError[]
  /** Phantom types; never present at run time. */
  readonly $read?: R
  readonly $write?: W
}

/** At most one (or exactly one, when `required`) of the members may be set. */
export interface UnionRule {
  readonly members: readonly string[]
  readonly required?: boolean
  /** The member that says which one is set. The struct's own `validate` checks that they fit together. */
  readonly discriminator?: string
  /** Kubernetes lists the union in OpenAPI. */
  readonly published?: true
}

// Variance of the validators makes `StructSchema<Pod>` not assignable to `StructSchema<unknown>`; descriptors are read
// by code that treats values as unknown, so they are held in this widened form.
export interface AnyStruct extends Omit<StructSchema, "defaults" | "validate"> {
  readonly defaults?: (value: never) => void
  readonly validate?: (value: never, path: FieldPath) => readonly FieldError[]
}

/** A named check of one value; returns what is wrong with it, in Kubernetes' words, or nothing. */
export interface Format {
  readonly name: string
  readonly check: (value: string) => readonly string[]
}

export type ListType = "atomic" | "set" | "map"
export type PatchStrategy = "merge" | "replace" | "retainKeys" | "merge,retainKeys"

/** What a field of a struct is. All members but the first four are optional refinements. */
export interface FieldSchema {
  /** JSON member name. For an inlined struct the protobuf field name. */
  readonly name: string
  /** Protobuf field number. 0 where the type has no protobuf form. */
  readonly number: number
  /** Evaluated lazily so that recursive types can be described. */
  readonly type: () => TypeSchema
  readonly doc: string
  readonly presence: Presence
  /** The struct's members stand in the JSON of the parent; protobuf still nests them. */
  readonly inline: boolean
  /** Listed as required in OpenAPI. Its presence is `always`, or `pointer` where absent and zero are refused differently. */
  readonly required: boolean
  /** Validation reports `Required value` when the value is absent or zero. */
  readonly nonEmpty: boolean
  /** Filled in when absent. */
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly min?: number
  readonly max?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  /** For text, or for each item of a list of text, or each value of a map of text. */
  readonly format?: Format
  /** For the keys of a map. */
  readonly keyFormat?: Format
  /** May not change once set (at creation: once the object exists). */
  readonly immutable: boolean
  readonly patchStrategy?: PatchStrategy
  readonly mergeKey?: string
  readonly listType?: ListType
  readonly mapKeys?: readonly string[]
  /**
   * Validation reports items that repeat: equal ones, or in a list of type `map` those with equal keys. Not implied by
   * the list type, because Kubernetes accepts repeats in most built-in lists (two `env` entries with one name).
   */
  readonly unique?: true
  /** Of a list: in protobuf its items stand in a message of their own, as its field 1. */
  readonly wrapped?: true
  /** Map of a struct-like value treated as one by server-side apply. */
  readonly mapType?: "atomic" | "granular"
  /** OpenAPI only: the definition lists a default that the server's Go tags carry. */
  readonly openapiDefault?: unknown
  /** A warning sent to clients that set the field. */
  readonly deprecated?: string
}

/** The same shape, writable: what defaulting and strategies work on. */
export type Draft<T> = T extends readonly (infer I)[]
  ? Draft<I>[]
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T

/** The type of a stored object of this schema: defaults filled in, `always` fields present. */
export type TypeOf<S> = S extends { readonly $read?: infer R } ? Exclude<R, undefined> : never
/** The type that a client may send: whatever the server fills in can be left out. */
export type InputOf<S> = S extends { readonly $write?: infer W } ? Exclude<W, undefined> : never
