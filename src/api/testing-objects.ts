import fc from "fast-check"
import type { AnyStruct, ScalarType, TypeSchema } from "../machinery/schema/schema.ts"

/** Objects of a kind, made from its schema alone, for tests: any fields, any values that their types allow. */

/** Deeper than this, nothing optional is set: some structs contain themselves. */
const DEPTH_MAX = 5
/** So many members of a struct are set at most. */
const MEMBERS_MAX = 5

const text = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "true",
    "1",
    "null",
    "~",
    "a: b",
    "- x",
    "é\u{1f600}",
    "__proto__",
    " padded ",
    "two\nlines",
  ),
  fc.string({ maxLength: 8, unit: "grapheme" }),
)
const bytes = fc.uint8Array({ maxLength: 6 }).map((value) => Buffer.from(value).toString("base64"))
const seconds = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
const json = fc.constantFrom<unknown>({ a: [1, "x", null, { b: false }] }, {}, { n: -1 })

const scalars: Readonly<Record<ScalarType, fc.Arbitrary<unknown>>> = {
  string: text,
  bool: fc.boolean(),
  int32: fc.integer(),
  int64: fc.maxSafeInteger(),
  double: fc.constantFrom(0, 0.5, -1.25, 1e21, 3),
  bytes,
  quantity: fc.constantFrom("0", "100m", "1Gi", "2500", "1e3", "0.1", "-1k"),
  intOrString: fc.oneof(fc.integer(), text),
  time: seconds.map((date) => date.toISOString().replace(/\.\d+Z$/, "Z")),
  microTime: seconds.map((date) => date.toISOString().replace("Z", "123Z")),
  duration: fc.constantFrom("0s", "1m30s", "250ms", "2562047h47m16.854775807s"),
  rawExtension: json,
  json: fc.oneof(json, fc.constantFrom<unknown>(1, "x", true, [1, 2])),
  fieldsV1: fc.constantFrom<unknown>({ "f:spec": { ".": {}, "f:a": {} } }, {}),
}

/** Any object of a struct. */
export function objectsOf(struct: AnyStruct, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const members = [...struct.members.values()].filter(({ name }) => name !== "apiVersion" && name !== "kind")
  if (depth >= DEPTH_MAX) return fc.constant({})
  return fc.subarray(members, { maxLength: Math.min(MEMBERS_MAX, members.length) }).chain((kept) => {
    const parts = kept.flatMap((member) => {
      const values = valuesOfType(member.type(), depth)
      return values === undefined ? [] : [[member.name, values] as const]
    })
    return fc.record(Object.fromEntries(parts))
  })
}

function valuesOfType(type: TypeSchema, depth: number): fc.Arbitrary<unknown> | undefined {
  switch (type.type) {
    case "struct":
      return objectsOf(type, depth + 1)
    case "list": {
      const items = valuesOfType(type.item, depth + 1)
      return items && fc.array(items, { maxLength: 2 })
    }
    case "map": {
      const values = valuesOfType(type.value, depth + 1)
      return values && fc.dictionary(fc.constantFrom("a", "b.c/d", "__proto__", ""), values, { maxKeys: 2 })
    }
    case "either":
      // Schemas inside schemas: what they hold has tests of its own.
      return undefined
    default:
      return scalars[type.type]
  }
}
