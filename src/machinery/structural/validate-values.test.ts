import assert from "node:assert/strict"
import { test } from "node:test"
import type { SchemaSource } from "./schema-source.ts"
import { createErrors, specOf } from "./testing.ts"

/** Messages and paths are those of Kubernetes 1.36; they were compared with those of its own validator. */

const v = (source: SchemaSource) => specOf({ v: source })
const AT = "spec.v"
const body = `${AT} in body`
const NIL = '<nil>: Invalid value: ""'

const cases: readonly (readonly [string, SchemaSource, unknown, readonly string[]])[] = [
  ["a type", { type: "integer" }, "x", [`${AT}: Invalid value: "string": ${body} must be of type integer: "string"`]],
  ["whole numbers are numbers", { type: "number" }, 3, []],
  [
    "a fraction is no integer",
    { type: "integer" },
    1.5,
    [
      `${AT}: Invalid value: "number": ${body} must be of type integer: "number"`,
      `${NIL}: Checked value must be of type integer (default format) in ${AT}`,
    ],
  ],
  ["null", { type: "string" }, null, [`${AT}: Invalid value: "null": ${body} must be of type string: "null"`]],
  ["null where it is allowed", { type: "string", nullable: true }, null, []],
  [
    "null is never in an enumeration",
    { type: "string", nullable: true, enum: ["a"] },
    null,
    [`${AT}: Unsupported value: null: supported values: "a"`],
  ],
  [
    "int-or-string",
    { "x-kubernetes-int-or-string": true },
    true,
    [`${AT}: Invalid value: "boolean": ${body} must be of type integer,string: "boolean"`],
  ],
  [
    "an enumeration",
    { type: "string", enum: ["a", "b"] },
    "c",
    [`${AT}: Unsupported value: "c": supported values: "a", "b"`],
  ],
  [
    "an enumeration of numbers",
    { type: "integer", enum: [1, 2] },
    3,
    [`${AT}: Unsupported value: 3: supported values: "1", "2"`],
  ],
  [
    "a length, in bytes by its words",
    { type: "string", maxLength: 2 },
    "éé漢",
    [`${AT}: Too long: may not be more than 2 bytes`],
  ],
  ["characters, not units, are counted", { type: "string", maxLength: 2 }, "😀😀", []],
  [
    "too short",
    { type: "string", minLength: 2 },
    "a",
    [`${AT}: Invalid value: "a": ${body} should be at least 2 chars long`],
  ],
  ["a pattern", { type: "string", pattern: "^a" }, "b", [`${AT}: Invalid value: "b": ${body} should match '^a'`]],
  [
    "a format",
    { type: "string", format: "date" },
    "x",
    [`${AT}: Invalid value: "x": ${body} must be of type date: "x"`],
  ],
  ["a format that nobody knows", { type: "string", format: "nope" }, "x", []],
  [
    "a maximum",
    { type: "integer", maximum: 3 },
    4,
    [`${AT}: Invalid value: 4: ${body} should be less than or equal to 3`],
  ],
  [
    "an exclusive minimum",
    { type: "number", minimum: 1.5, exclusiveMinimum: true },
    1.5,
    [`${AT}: Invalid value: 1.5: ${body} should be greater than 1.5`],
  ],
  [
    "a large number in Go's spelling",
    { type: "number", maximum: 1_000_000.5 },
    2_000_000.5,
    [`${AT}: Invalid value: 2.0000005e+06: ${body} should be less than or equal to 1.0000005e+06`],
  ],
  ["a multiple", { type: "integer", multipleOf: 3 }, 4, [`${AT}: Invalid value: 4: ${body} should be a multiple of 3`]],
  [
    "32 bits",
    { type: "integer", format: "int32" },
    5_000_000_000,
    [`${NIL}: Checked value must be of type integer with format int32 in ${AT}`],
  ],
  [
    "few items",
    { type: "array", items: {}, minItems: 1 },
    [],
    [`${AT}: Invalid value: 0: ${body} should have at least 1 items`],
  ],
  ["many items", { type: "array", items: {}, maxItems: 1 }, [1, 2], [`${AT}: Too many: 2: must have at most 1 item`]],
  [
    "items",
    { type: "array", items: { type: "string" } },
    ["a", 1],
    [`${AT}[1]: Invalid value: "integer": ${AT}[1] in body must be of type string: "integer"`],
  ],
  ["what is needed", { type: "object", required: ["a", "b"] }, { a: 1 }, [`${AT}.b: Required value`]],
  [
    "many members",
    { type: "object", maxProperties: 1 },
    { a: 1, b: 2 },
    [`${AT}: Too many: 2: must have at most 1 item`],
  ],
  [
    "entries",
    { type: "object", additionalProperties: { type: "string" } },
    { k: 1 },
    [`${AT}.k: Invalid value: "integer": ${AT}.k in body must be of type string: "integer"`],
  ],
  [
    "no other members",
    { type: "object", additionalProperties: false },
    { k: 1 },
    [`${AT}: Invalid value: "k": ${AT}.k in body is a forbidden property`],
  ],
  [
    "alternatives: the one that fits best is explained",
    {
      type: "object",
      anyOf: [{ required: ["x"] }, { properties: { a: { maxLength: 1 } }, required: ["a", "b"] }],
      properties: { a: { type: "string" } },
    },
    { a: "x" },
    [`${NIL}: "${AT}" must validate at least one schema (anyOf)`, `${AT}.b: Required value`],
  ],
  [
    "none of the alternatives",
    { type: "integer", oneOf: [{ minimum: 5 }, { maximum: 1 }] },
    3,
    [
      `${NIL}: "${AT}" must validate one and only one schema (oneOf). Found none valid`,
      `${AT}: Invalid value: 3: ${body} should be greater than or equal to 5`,
    ],
  ],
  [
    "more than one alternative",
    { type: "integer", oneOf: [{ minimum: 1 }, { minimum: 2 }] },
    3,
    [`${NIL}: "${AT}" must validate one and only one schema (oneOf). Found 2 valid alternatives`],
  ],
  [
    "all of them",
    { type: "integer", allOf: [{ minimum: 5 }, { maximum: 9 }] },
    3,
    [
      `${AT}: Invalid value: 3: ${body} should be greater than or equal to 5`,
      `${NIL}: "${AT}" must validate all the schemas (allOf)`,
    ],
  ],
  ["not", { type: "integer", not: { minimum: 1 } }, 3, [`${NIL}: "${AT}" must not validate the schema (not)`]],
]
for (const [name, source, value, errors] of cases) {
  test(`values: ${name}`, () => {
    assert.deepEqual(createErrors(v(source), { spec: { v: value } }), errors)
  })
}

test("names of JavaScript's own are no members", () => {
  const source = specOf({ a: { type: "string" } }, { required: ["constructor", "__proto__"] })
  assert.deepEqual(createErrors(source, { spec: {} }), [
    "spec.constructor: Required value",
    "spec.__proto__: Required value",
  ])
})

test("patterns take linear time", () => {
  const source = v({ type: "string", pattern: "^(a+)+$" })
  assert.equal(createErrors(source, { spec: { v: `${"a".repeat(20_000)}b` } }).length, 1)
})
