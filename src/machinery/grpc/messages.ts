/**
 * Messages of gRPC services, described by field number with the schema language, so that the codecs in
 * `machinery/protobuf` read and write them. The constructors are those of `schema/fields.ts` without what only the API
 * needs; a field that is absent and one with its zero value are the same, unless it is `optional`.
 *
 *     const Endpoint = message("example.v1.Endpoint", { host: text(1), port: int32(2), tags: repeated(3, "string") })
 *
 * What the schema language has no word for: an enum is an `int32`; a `oneof` is some optional fields of which one is
 * set; `uint32`, `uint64` and `int64` are `int64`, whose values past 2^53 are `ExactNumber`s; `bytes` are base64 text.
 */
import * as f from "../schema/fields.ts"
import type { AnyStruct } from "../schema/schema.ts"

const plain = { doc: "" } as const
const present = { doc: "", pointer: true } as const

export const message: typeof f.struct = f.struct

export const text = (number: number) => f.string(number, plain)
export const bool = (number: number) => f.bool(number, plain)
export const int32 = (number: number) => f.int32(number, plain)
export const int64 = (number: number) => f.int64(number, plain)
export const double = (number: number) => f.double(number, plain)
/** Base64 text in memory. */
export const bytes = (number: number) => f.bytes(number, plain)
/** A message inside the message; absent unless set. Give a function where messages contain each other. */
export const nested = <const S extends AnyStruct | (() => AnyStruct)>(number: number, struct: S) =>
  f.message(number, struct, plain)
export const repeated = <const I extends f.ItemType>(number: number, item: I) => f.list(number, item, plain)
/** `map<string, V>`. In memory it has a null prototype. */
export const map = <const V extends f.ItemType>(number: number, value: V) => f.map(number, value, plain)

/** Fields for which absent and zero differ: `optional` ones, and those of a `oneof`. */
export const optional = {
  text: (number: number) => f.string(number, present),
  bool: (number: number) => f.bool(number, present),
  int32: (number: number) => f.int32(number, present),
  int64: (number: number) => f.int64(number, present),
  double: (number: number) => f.double(number, present),
  bytes: (number: number) => f.bytes(number, present),
} as const

export const Empty = message("google.protobuf.Empty", {})
export const Timestamp = message("google.protobuf.Timestamp", { seconds: int64(1), nanos: int32(2) })
export const BoolValue = message("google.protobuf.BoolValue", { value: bool(1) })
export const Int64Value = message("google.protobuf.Int64Value", { value: int64(1) })
