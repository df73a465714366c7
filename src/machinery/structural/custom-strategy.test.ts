import assert from "node:assert/strict"
import { test } from "node:test"
import { customStrategy } from "./custom-strategy.ts"
import { parseStructural } from "./parse-structural.ts"
import type { SchemaSource } from "./schema-source.ts"
import { createErrors, specOf, statusErrors, updateErrors } from "./testing.ts"

const text: SchemaSource = { type: "string" }
const short: SchemaSource = { type: "string", maxLength: 1 }
const tooLong = (path: string) => `${path}: Too long: may not be more than 1 byte`

const byKey: SchemaSource = {
  type: "array",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["k"],
  items: { type: "object", properties: { k: text, v: short } },
}

const updates: readonly {
  readonly name: string
  readonly source: SchemaSource
  readonly before: object
  readonly after: object
  readonly errors: readonly string[]
}[] = [
  {
    name: "what was wrong may stay",
    source: specOf({ a: short, b: text }),
    before: { spec: { a: "xx" } },
    after: { spec: { a: "xx", b: "new" } },
    errors: [],
  },
  {
    name: "what changes must be right",
    source: specOf({ a: short }),
    before: { spec: { a: "xx" } },
    after: { spec: { a: "xxx" } },
    errors: [tooLong("spec.a")],
  },
  {
    name: "items with keys are known again when they move",
    source: specOf({ l: byKey }),
    before: { spec: { l: [{ k: "1", v: "xx" }, { k: "2" }] } },
    after: {
      spec: {
        l: [
          { k: "2", v: "yy" },
          { k: "1", v: "xx" },
        ],
      },
    },
    errors: [tooLong("spec.l[0].v")],
  },
  {
    name: "items without keys are not",
    source: specOf({ l: { type: "array", items: short } }),
    before: { spec: { l: ["xx"] } },
    after: { spec: { l: ["xx", "y"] } },
    errors: [tooLong("spec.l[0]")],
  },
  {
    name: "a list that did not change at all may stay",
    source: specOf({ l: { type: "array", items: short }, b: text }),
    before: { spec: { l: ["xx"] } },
    after: { spec: { l: ["xx"], b: "new" } },
    errors: [],
  },
  {
    name: "members that the schema does not name keep an object from being the same",
    source: specOf({ o: { type: "object", "x-kubernetes-preserve-unknown-fields": true, required: ["a"] } }),
    before: { spec: { o: { z: 1 } } },
    after: { spec: { o: { z: 1 } } },
    errors: ["spec.o.a: Required value"],
  },
  {
    name: "alternatives hold for the whole value",
    source: specOf({ a: { type: "string", anyOf: [{ maxLength: 1 }] }, b: text }),
    before: { spec: { a: "xx" } },
    after: { spec: { a: "xx", b: "new" } },
    errors: [],
  },
  {
    name: "repeated items may stay when there were some",
    source: specOf({ s: { type: "array", "x-kubernetes-list-type": "set", items: text } }),
    before: { spec: { s: ["a", "a"] } },
    after: { spec: { s: ["b", "b"] } },
    errors: [],
  },
]
for (const { name, source, before, after, errors } of updates) {
  test(`update: ${name}`, () => assert.deepEqual(updateErrors(source, before, after), errors))
}

test("sets and lists with keys have no item twice; the second of each is named", () => {
  const source = specOf({
    s: { type: "array", "x-kubernetes-list-type": "set", items: text },
    l: { ...byKey, "x-kubernetes-list-map-keys": ["k", "v"] },
  })
  const spec = { l: [{ k: "1" }, { k: "1", v: "a" }, { v: "a", k: "1" }], s: ["a", "b", "a", "a"] }
  assert.deepEqual(createErrors(source, { spec }), [
    'spec.l[2]: Duplicate value: {"k":"1","v":"a"}',
    'spec.s[2]: Duplicate value: "a"',
  ])
})

test("whole objects inside another one could stand by themselves", () => {
  const source = specOf({
    t: { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true },
  })
  assert.deepEqual(createErrors(source, { spec: { t: { apiVersion: "a/b/c", metadata: { name: "a/b" } } } }), [
    "spec.t.kind: Required value",
    'spec.t.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    `spec.t.metadata.name: Invalid value: "a/b": may not contain '/'`,
  ])
  assert.deepEqual(createErrors(source, { spec: { t: { apiVersion: "v1", kind: "Pod", metadata: {} } } }), [])
})

test("a status is validated by its own part of the schema", () => {
  const source: SchemaSource = {
    type: "object",
    required: ["spec"],
    properties: { spec: text, status: { type: "object", properties: { a: short } } },
  }
  assert.deepEqual(statusErrors(source, {}, { status: { a: "xx" } }), [tooLong("status.a")])
  assert.deepEqual(statusErrors(source, { status: { a: "xx" } }, { status: { a: "xx" } }), [])
  assert.deepEqual(statusErrors(source, {}, { status: "x" }), [
    'status: Invalid value: "string":  in body must be of type object: "string"',
  ])
})

test("expressions are evaluated when the rest is right", () => {
  const rule = { rule: "self.min <= self.max", message: "min must not exceed max" }
  const number: SchemaSource = { type: "integer" }
  const source = specOf({ min: number, max: number, name: short }, { "x-kubernetes-validations": [rule] })
  const blocked =
    "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
  assert.deepEqual(createErrors(source, { spec: { min: 1, max: 2 } }), [])
  assert.deepEqual(createErrors(source, { spec: { min: 3, max: 2 } }), ["spec: Invalid value: min must not exceed max"])
  assert.deepEqual(createErrors(source, { spec: { min: 3, max: 2, name: "xx" } }), [tooLong("spec.name"), blocked])
})

test("a rule that fails where nothing changed is a warning", () => {
  const n: SchemaSource = { type: "integer", "x-kubernetes-validations": [{ rule: "self > 5" }] }
  const source = specOf({ n, o: { type: "integer" } })
  const strategy = customStrategy({ source, schema: parseStructural(source) })
  const objectOf = (spec: object) => ({ apiVersion: "example.com/v1", kind: "Foo", metadata: { name: "a" }, spec })
  const [old, object] = [objectOf({ n: 1, o: 1 }), objectOf({ n: 1, o: 2 })]
  assert.deepEqual(strategy.validateUpdate?.(object as never, old as never), [])
  assert.deepEqual(strategy.warnings?.(object as never, old as never), [
    "spec.n: Invalid value: 1: failed rule: self > 5",
  ])
})
