import assert from "node:assert/strict"
import { test } from "node:test"
import { DecodeError, decode, decodeValue } from "../decode/decode.ts"
import { applyDefaults } from "../defaulting/apply-defaults.ts"
import { deepClone, deepEqual } from "../patch/structure.ts"
import type { SchemaSource } from "./schema-source.ts"
import { Generator, received, shown, specOf, structFor } from "./testing.ts"

const text: SchemaSource = { type: "string" }
const open = { "x-kubernetes-preserve-unknown-fields": true } as const

const cases: readonly {
  readonly name: string
  readonly source: SchemaSource
  readonly from: object
  readonly to: object
  readonly unknown?: readonly string[]
}[] = [
  {
    name: "what the schema does not know is left out and reported",
    source: specOf({ a: text }),
    from: { spec: { a: "x", b: 1, c: { d: 1 } }, other: 1 },
    to: { spec: { a: "x" } },
    unknown: ["other", "spec.b", "spec.c"],
  },
  {
    name: "items and entries have their own forms",
    source: specOf({
      list: { type: "array", items: { type: "object", properties: { a: text } } },
      map: { type: "object", additionalProperties: { type: "object", properties: { a: text } } },
    }),
    from: { spec: { list: [{ a: "1", b: 2 }], map: { k: { a: "1", b: 2 } } } },
    to: { spec: { list: [{ a: "1" }], map: { k: { a: "1" } } } },
    unknown: ["spec.list[0].b", "spec.map.k.b"],
  },
  {
    name: "where unknown members are kept, known ones are still looked into",
    source: specOf({ a: { type: "object", properties: { b: text } } }, open),
    from: { spec: { z: { y: 1 }, a: { b: "x", c: 1 } } },
    to: { spec: { a: { b: "x" }, z: { y: 1 } } },
    unknown: ["spec.a.c"],
  },
  {
    name: "a list that keeps unknown members keeps those of its items",
    source: specOf({ l: { type: "array", items: { type: "object", properties: { a: text } }, ...open } }),
    from: { spec: { l: [{ a: "x", b: 1 }] } },
    to: { spec: { l: [{ a: "x", b: 1 }] } },
  },
  {
    name: "anything goes lets only scalars through",
    source: specOf({ m: { type: "object", additionalProperties: true } }),
    from: { spec: { m: { a: 1, b: { c: 1 } } } },
    to: { spec: { m: { a: 1, b: {} } } },
    unknown: ["spec.m.b.c"],
  },
  {
    name: "nulls stay only where they are allowed",
    source: specOf({ a: text, b: { type: "string", nullable: true }, l: { type: "array", items: text } }),
    from: { spec: { a: null, b: null, l: [null] } },
    to: { spec: { b: null, l: [null] } },
  },
  {
    name: "defaults stand in for absence, and for nulls that are not allowed",
    source: specOf({
      a: { type: "string", default: "x" },
      b: { type: "string", nullable: true, default: "x" },
      o: { type: "object", default: {}, properties: { n: { type: "integer", default: 3 } } },
      l: { type: "array", items: { type: "object", properties: { k: { type: "string", default: "d" } } } },
    }),
    from: { spec: { a: null, b: null, l: [{}] } },
    to: { spec: { a: "x", b: null, l: [{ k: "d" }], o: { n: 3 } } },
  },
  {
    name: "a whole object inside another one has metadata of its own",
    source: specOf({ t: { type: "object", "x-kubernetes-embedded-resource": true, properties: { spec: text } } }),
    from: { spec: { t: { apiVersion: "v1", kind: "A", metadata: { name: "x", foo: 1 }, spec: "s", bar: 1 } } },
    to: { spec: { t: { apiVersion: "v1", kind: "A", metadata: { name: "x" }, spec: "s" } } },
    unknown: ["spec.t.bar", "spec.t.metadata.foo"],
  },
  {
    name: "names of JavaScript's own are names like others",
    source: specOf({ constructor: text, toString: { type: "integer", default: 1 } }),
    from: { spec: JSON.parse('{"__proto__":{"polluted":true},"constructor":"c"}') as object },
    to: { spec: { constructor: "c", toString: 1 } },
    unknown: ["spec.__proto__"],
  },
]
for (const { name, source, from, to, unknown = [] } of cases) {
  test(name, () => {
    const { object, warnings } = received(source, from)
    assert.equal(shown(object), JSON.stringify(to))
    assert.deepEqual(
      warnings,
      unknown.map((path) => `unknown field "${path}"`),
    )
  })
}

test("a member called __proto__ is kept where the schema has it", () => {
  const properties = JSON.parse('{"__proto__":{"type":"object","properties":{"a":{"type":"string"}}}}') as object
  const { object, warnings } = received(specOf(properties as Record<string, SchemaSource>), {
    spec: JSON.parse('{"__proto__":{"a":"x","b":1}}') as object,
  })
  assert.equal(shown(object), '{"spec":{"__proto__":{"a":"x"}}}')
  assert.deepEqual(warnings, ['unknown field "spec.__proto__.b"'])
  assert.equal(({} as { a?: unknown }).a, undefined)
})

test("members that every object has must be readable", () => {
  const struct = structFor(specOf({ t: { type: "object", "x-kubernetes-embedded-resource": true, ...open } }))
  const problem = (value: object): string => {
    try {
      decode(struct, { value, duplicates: [] })
    } catch (error) {
      assert.ok(error instanceof DecodeError)
      return error.message
    }
    return ""
  }
  assert.equal(problem({ kind: 1 }), ".kind accessor error: 1 is of the type int64, expected string")
  assert.equal(
    problem({ metadata: { labels: { a: 1 } } }),
    "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string",
  )
  assert.equal(
    problem({ spec: { t: { apiVersion: 1, kind: "A" } } }),
    "spec.t.apiVersion: Invalid value: 1: must be a string",
  )
})

test("nothing that is unknown is left after pruning, and defaulting twice changes nothing", () => {
  const generator = new Generator(42)
  for (let run = 0; run < 300; run++) {
    const source: SchemaSource = {
      type: "object",
      properties: { spec: generator.schema(4), status: generator.schema(2) },
    }
    const struct = structFor(source)
    const value = { kind: "Foo", spec: generator.value(5), status: generator.value(3) }
    const before = deepClone(value)
    const pruned = decodeValue(struct, value)
    assert.ok(deepEqual(value, before), "the input is not changed")
    assert.deepEqual(decode(struct, { value: pruned, duplicates: [] }, "Warn").warnings, [])
    const defaulted = deepClone(applyDefaults(struct, pruned))
    // Byte for byte, so the order of members counts.
    assert.equal(JSON.stringify(applyDefaults(struct, deepClone(defaulted))), JSON.stringify(defaulted))
    assert.equal(JSON.stringify(decodeValue(struct, defaulted)), JSON.stringify(defaulted))
  }
})

test("deep values and schemas are no trouble", () => {
  let source: SchemaSource = { type: "string", default: "x" }
  let value: unknown = {}
  for (let depth = 0; depth < 400; depth++) {
    source = { type: "object", properties: { a: source } }
    value = { a: value, b: 1 }
  }
  const { object, warnings } = received({ type: "object", properties: { spec: source } }, { spec: value })
  assert.equal(warnings.length, 100)
  assert.equal(shown(object).match(/"a"/g)?.length, 400)
})
