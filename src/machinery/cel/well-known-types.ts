import type { TypeProvider } from "./declarations.ts"
import { CelError } from "./error.ts"
import { ValueList } from "./list.ts"
import { ValueMap } from "./map.ts"
import {
  anyType,
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listOf,
  mapOf,
  nullableOf,
  nullType,
  stringType,
  timestampType,
  uintType,
} from "./types.ts"
import { type CelResult, CelUint, type CelValue } from "./value.ts"
import { durationResult, timestampResult } from "./values/arithmetic.ts"

const PACKAGE = "google.protobuf."
const jsonMap = mapOf(stringType, dynType)
const jsonList = listOf(dynType)

type Fields = ReadonlyMap<string, CelValue>

interface WellKnown {
  readonly type: CelType
  readonly fields: Readonly<Record<string, CelType>>
  readonly create: (fields: Fields) => CelResult
}

function wrapper(primitive: CelType, zero: CelValue): WellKnown {
  return {
    type: nullableOf(primitive),
    fields: { value: nullableOf(primitive) },
    create: (fields) => (fields.has("value") ? (fields.get("value") ?? null) : zero),
  }
}

function int(fields: Fields, name: string): bigint {
  const value = fields.get(name)
  return typeof value === "bigint" ? value : 0n
}

const double = wrapper(doubleType, 0)
const singlePrecision: WellKnown = {
  ...double,
  create(fields) {
    const value = double.create(fields)
    return typeof value === "number" ? Math.fround(value) : value
  },
}

const NANOS_PER_SECOND = 1_000_000_000n

const WELL_KNOWN: readonly (readonly [name: string, WellKnown])[] = [
  ["BoolValue", wrapper(boolType, false)],
  ["BytesValue", wrapper(bytesType, new Uint8Array())],
  ["DoubleValue", double],
  ["FloatValue", singlePrecision],
  ["Int32Value", wrapper(intType, 0n)],
  ["Int64Value", wrapper(intType, 0n)],
  ["StringValue", wrapper(stringType, "")],
  ["UInt32Value", wrapper(uintType, new CelUint(0n))],
  ["UInt64Value", wrapper(uintType, new CelUint(0n))],
  [
    "Duration",
    {
      type: durationType,
      fields: { seconds: intType, nanos: intType },
      create: (fields) => durationResult(int(fields, "seconds") * NANOS_PER_SECOND + int(fields, "nanos")),
    },
  ],
  [
    "Timestamp",
    {
      type: timestampType,
      fields: { seconds: intType, nanos: intType },
      create: (fields) => timestampResult(Number(int(fields, "seconds")), Number(int(fields, "nanos"))),
    },
  ],
  [
    "Value",
    {
      type: dynType,
      fields: {
        null_value: nullType,
        number_value: doubleType,
        string_value: stringType,
        bool_value: boolType,
        struct_value: jsonMap,
        list_value: jsonList,
      },
      create: (fields) => [...fields.values()].at(-1) ?? null,
    },
  ],
  [
    "Struct",
    { type: jsonMap, fields: { fields: jsonMap }, create: (fields) => fields.get("fields") ?? ValueMap.empty },
  ],
  [
    "ListValue",
    { type: jsonList, fields: { values: jsonList }, create: (fields) => fields.get("values") ?? ValueList.empty },
  ],
  [
    "Any",
    {
      type: anyType,
      fields: { type_url: stringType, value: bytesType },
      create: (fields) => new CelError(`unknown type: '${String(fields.get("type_url") ?? "")}'`),
    },
  ],
  ["NullValue", { type: nullType, fields: {}, create: () => null }],
]

const byName = new Map(WELL_KNOWN.map(([name, known]) => [PACKAGE + name, known] as const))

/** What the messages of protobuf's well-known types are in CEL. */
export const wellKnownTypes: ReadonlyMap<string, CelType> = new Map(
  Array.from(byName, ([name, { type }]) => [name, type] as const),
)

/** Lets expressions name and make them, as every environment of cel-go does. `Any` cannot be unpacked. */
export const wellKnownTypeProvider: TypeProvider = {
  findType: (name) => wellKnownTypes.get(name),
  findField(typeName, field) {
    const fields = byName.get(typeName)?.fields
    const type = fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined
    return type && { type }
  },
  create: (typeName, fields) => byName.get(typeName)?.create(fields) ?? null,
}
