import type { FieldError } from "../field/error.ts"
import type { FieldPath } from "../field/path.ts"
import type {
  AnyStruct,
  BoolSchema,
  Draft,
  EitherSchema,
  FieldSchema,
  Format,
  ListSchema,
  ListType,
  PatchStrategy,
  Presence,
  ScalarType,
  StructSchema,
  TypeSchema,
  UnionRule,
} from "./schema.ts"

/** Constructors for fields and structs. See `schema.ts` for what the descriptors mean. */

/** A field under construction: everything but its name, which `struct` takes from the member it stands at. */
export interface Field<R, W, Always extends boolean, MustWrite extends boolean, Inline extends boolean = false> {
  readonly schema: Omit<FieldSchema, "name">
  readonly $read?: R
  readonly $write?: W
  readonly $always?: Always
  readonly $mustWrite?: MustWrite
  readonly $inline?: Inline
}
export type AnyField = Field<unknown, unknown, boolean, boolean, boolean>
export type FieldMap = Readonly<Record<string, AnyField>>

export interface FieldOptions {
  readonly doc: string
  /** Zero differs from absent. */
  readonly pointer?: true
  /** Written even when zero. */
  readonly always?: true
  /** Listed as required in OpenAPI, and always written; with `pointer` left out until validation refuses its absence. */
  readonly required?: true
  /** Validation: `Required value` when absent or zero. */
  readonly nonEmpty?: true
  readonly default?: unknown
  readonly openapiDefault?: unknown
  readonly immutable?: true
  readonly deprecated?: string
}
export interface TextOptions extends FieldOptions {
  readonly enum?: readonly string[]
  readonly maxLength?: number
  readonly format?: Format
}
export interface NumberOptions extends FieldOptions {
  readonly min?: number
  readonly max?: number
}
export interface ListOptions extends FieldOptions {
  readonly listType?: ListType
  readonly mapKeys?: readonly string[]
  readonly patchStrategy?: PatchStrategy
  readonly mergeKey?: string
  readonly unique?: true
  /** In protobuf the items stand in a message of their own, as its field 1. */
  readonly wrapped?: true
  readonly minItems?: number
  readonly maxItems?: number
  readonly format?: Format
  readonly enum?: readonly string[]
}
export interface MapOptions extends FieldOptions {
  readonly mapType?: "atomic" | "granular"
  readonly keyFormat?: Format
  readonly format?: Format
}
export interface MessageOptions extends FieldOptions {
  readonly patchStrategy?: PatchStrategy
  readonly mapType?: "atomic" | "granular"
}

type IsAlways<O> = O extends { always: true } | { default: infer _ }
  ? true
  : O extends { pointer: true }
    ? false
    : O extends { required: true }
      ? true
      : false
type MustWrite<O> = O extends { default: infer _ } ? false : O extends { required: true } ? true : false
type EnumOf<O> = O extends { enum: readonly (infer E extends string)[] } ? E : string
type Made<O, R, W = R> = Field<R, W, IsAlways<O>, MustWrite<O>>

function make(number: number, type: () => TypeSchema, options: FieldOptions, presence: Presence, inline = false) {
  const { doc, pointer, always, required, nonEmpty, immutable, ...refinements } = options
  const schema: Omit<FieldSchema, "name"> = {
    number,
    type,
    doc,
    presence: always ? "always" : pointer ? "pointer" : required ? "always" : presence,
    inline,
    required: required ?? false,
    nonEmpty: nonEmpty ?? false,
    immutable: immutable ?? false,
    ...refinements,
  }
  return { schema }
}

const scalars = new Map<ScalarType, TypeSchema>()
function scalar(type: ScalarType): TypeSchema {
  let schema = scalars.get(type)
  if (schema === undefined) scalars.set(type, (schema = { type }))
  return schema
}
const scalarField =
  <V>(type: ScalarType, presence: Presence = "value") =>
  <const O extends FieldOptions>(number: number, options: O): Made<O, V> =>
    make(number, () => scalar(type), options, presence)

export function string<const O extends TextOptions>(number: number, options: O): Made<O, EnumOf<O>> {
  return make(number, () => scalar("string"), options, "value")
}
export function int32<const O extends NumberOptions>(number: number, options: O): Made<O, number> {
  return make(number, () => scalar("int32"), options, "value")
}
export function int64<const O extends NumberOptions>(number: number, options: O): Made<O, number> {
  return make(number, () => scalar("int64"), options, "value")
}
export function double<const O extends NumberOptions>(number: number, options: O): Made<O, number> {
  return make(number, () => scalar("double"), options, "value")
}
export const bool = scalarField<boolean>("bool")
export const bytes = scalarField<string>("bytes")
export const quantity = scalarField<string>("quantity", "pointer")
export const intOrString = scalarField<number | string>("intOrString", "pointer")
export const time = scalarField<string>("time", "pointer")
export const microTime = scalarField<string>("microTime", "pointer")
export const duration = scalarField<string>("duration", "pointer")
export const rawExtension = scalarField<unknown>("rawExtension", "pointer")
export const json = scalarField<unknown>("json", "pointer")
export const fieldsV1 = scalarField<Readonly<Record<string, unknown>>>("fieldsV1", "pointer")

type ScalarValue = {
  string: string
  bool: boolean
  int32: number
  int64: number
  double: number
  bytes: string
  quantity: string
  intOrString: number | string
  time: string
  microTime: string
  duration: string
  rawExtension: unknown
  json: unknown
  fieldsV1: Readonly<Record<string, unknown>>
}
/** An item or value type: a scalar by name, a struct, a nested list, or a function giving one (for recursion). */
export type ItemType = ScalarType | AnyStruct | EitherSchema | { readonly listOf: ItemType } | (() => AnyStruct)
type ReadItem<T> = T extends ScalarType
  ? ScalarValue[T]
  : T extends { readonly listOf: infer I }
    ? readonly ReadItem<I>[]
    : T extends () => infer S
      ? ReadItem<S>
      : T extends { readonly $read?: infer R }
        ? Exclude<R, undefined>
        : never
type WriteItem<T> = T extends ScalarType
  ? ScalarValue[T]
  : T extends { readonly listOf: infer I }
    ? readonly WriteItem<I>[]
    : T extends () => infer S
      ? WriteItem<S>
      : T extends { readonly $write?: infer W }
        ? Exclude<W, undefined>
        : never

function itemSchema(item: ItemType): TypeSchema {
  if (typeof item === "string") return scalar(item)
  if (typeof item === "function") return item()
  if ("listOf" in item) return { type: "list", item: itemSchema(item.listOf) }
  return item
}
function lazily<T>(produce: () => T): () => T {
  let value: T | undefined
  return () => (value ??= produce())
}

/** A repeated field. Items are structs, or scalars named by their type. */
export function list<const I extends ItemType, const O extends ListOptions>(
  number: number,
  item: I,
  options: O,
): Made<O, readonly (I extends "string" ? EnumOf<O> : ReadItem<I>)[], readonly WriteItem<I>[]> {
  const type = lazily((): TypeSchema => ({ type: "list", item: itemSchema(item) }))
  return make(number, type, options, "value")
}

/** A map with text keys. In memory it has a null prototype. */
export function map<const V extends ItemType, const O extends MapOptions>(
  number: number,
  value: V,
  options: O,
): Made<O, Readonly<Record<string, ReadItem<V>>>, Readonly<Record<string, WriteItem<V>>>> {
  const type = lazily((): TypeSchema => ({ type: "map", value: itemSchema(value) }))
  return make(number, type, options, "value")
}

/** A nested struct; absent unless set. With `always` it is an empty object when nothing is set. */
export function message<const S extends AnyStruct | EitherSchema | (() => AnyStruct), const O extends MessageOptions>(
  number: number,
  struct: S,
  options: O,
): Field<ReadItem<S>, WriteItem<S>, IsAlways<O>, MustWrite<O>> {
  return make(number, typeof struct === "function" ? lazily(struct) : () => struct, options, "pointer")
}

/** A type whose values are objects of a struct, or else something that is no object. `name` is its OpenAPI definition. */
export function either<const S extends () => AnyStruct, const O extends "bool" | { readonly listOf: ItemType }>(
  name: string,
  options: {
    readonly doc: string
    readonly object: { readonly number: number; readonly type: S }
    readonly other: { readonly number: number; readonly type: O }
  },
): EitherSchema<ReadItem<S> | ReadItem<O>, WriteItem<S> | WriteItem<O>> {
  const { doc, object, other } = options
  const { number, type } = other
  const otherType = lazily((): BoolSchema | ListSchema =>
    type === "bool" ? { type } : { type: "list", item: itemSchema(type.listOf) },
  )
  return { type: "either", name, doc, object, other: { number, type: otherType } }
}

/** A nested struct whose members stand in the parent's JSON. The member's own name is used only by protobuf. */
export function inline<const S extends AnyStruct>(
  number: number,
  struct: S,
): Field<ReadItem<S>, WriteItem<S>, true, true, true> {
  return make(number, () => struct, { doc: "" }, "always", true)
}

type UnionToIntersection<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never
type ReadOf1<F> = F extends { readonly $read?: infer R } ? Exclude<R, undefined> : never
type WriteOf1<F> = F extends { readonly $write?: infer W } ? Exclude<W, undefined> : never
type KeysWhere<F, Flag extends string, V> = {
  [K in keyof F]: F[K] extends { readonly $inline?: true } & { readonly [P in Flag]?: V } ? K : never
}[keyof F]
type InlineKeys<F> = KeysWhere<F, "$inline", true>
type OwnKeys<F> = Exclude<keyof F, InlineKeys<F>>
type AlwaysKeys<F> = { [K in OwnKeys<F>]: F[K] extends { readonly $always?: true } ? K : never }[OwnKeys<F>]
type MustKeys<F> = { [K in OwnKeys<F>]: F[K] extends { readonly $mustWrite?: true } ? K : never }[OwnKeys<F>]
type Flat<T> = { [K in keyof T]: T[K] }
type InlineRead<F> = [InlineKeys<F>] extends [never]
  ? unknown
  : UnionToIntersection<{ [K in InlineKeys<F>]: ReadOf1<F[K]> }[InlineKeys<F>]>
type InlineWrite<F> = [InlineKeys<F>] extends [never]
  ? unknown
  : UnionToIntersection<{ [K in InlineKeys<F>]: WriteOf1<F[K]> }[InlineKeys<F>]>

export type ReadFields<F> = Flat<
  { readonly [K in AlwaysKeys<F>]: ReadOf1<F[K]> } & {
    readonly [K in Exclude<OwnKeys<F>, AlwaysKeys<F>>]?: ReadOf1<F[K]>
  } & InlineRead<F>
>
export type WriteFields<F> = Flat<
  { readonly [K in MustKeys<F>]: WriteOf1<F[K]> } & {
    readonly [K in Exclude<OwnKeys<F>, MustKeys<F>>]?: WriteOf1<F[K]> | undefined
  } & InlineWrite<F>
>

export interface StructOptions<R> {
  readonly doc?: string
  readonly mapType?: "atomic"
  readonly unions?: readonly UnionRule[]
  readonly defaults?: (value: Draft<R>) => void
  readonly validate?: (value: R, path: FieldPath) => readonly FieldError[]
}

/** Describes a struct. `name` is its OpenAPI definition name, such as `io.k8s.api.core.v1.Container`. */
export function struct<const F extends FieldMap>(
  name: string,
  fields: F,
  options: StructOptions<ReadFields<F>> = {},
): StructSchema<ReadFields<F>, WriteFields<F>> {
  const declared = Object.entries(fields).map(
    ([fieldName, field]): FieldSchema => ({ name: fieldName, ...field.schema }),
  )
  const numbered = declared.toSorted((a, b) => a.number - b.number)
  return { type: "struct", name, doc: "", fields: numbered, members: flatten(declared), ...options }
}

function flatten(fields: readonly FieldSchema[]): ReadonlyMap<string, FieldSchema> {
  const members = new Map<string, FieldSchema>()
  for (const field of fields) {
    const type = field.inline ? field.type() : undefined
    if (type?.type === "struct") for (const [name, member] of type.members) members.set(name, member)
    else members.set(field.name, field)
  }
  return members
}
