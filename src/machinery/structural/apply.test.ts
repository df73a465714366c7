import assert from "node:assert/strict"
import { test } from "node:test"
import { compare } from "../apply/compare.ts"
import { encodeFields } from "../apply/fields-v1.ts"
import { merge } from "../apply/merge.ts"
import { mergeTypeOf } from "../apply/merge-type.ts"
import { toFieldSet } from "../apply/to-field-set.ts"
import { appliedProblem } from "../apply/validate-applied.ts"
import type { SchemaSource } from "./schema-source.ts"
import { specOf, structFor } from "./testing.ts"

/** Compared with structured-merge-diff, on the schemas that Kubernetes makes from definitions. */

const text: SchemaSource = { type: "string" }
const source = specOf({
  name: text,
  atomic: { type: "array", items: text },
  set: { type: "array", items: text, "x-kubernetes-list-type": "set" },
  ports: {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["port", "protocol"],
    items: {
      type: "object",
      properties: { port: { type: "integer" }, protocol: { type: "string", default: "TCP" }, name: text },
    },
  },
  map: { type: "object", additionalProperties: text },
  whole: { type: "object", "x-kubernetes-map-type": "atomic", properties: { a: text } },
  free: { type: "object" },
  open: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: { a: text } },
  any: { "x-kubernetes-preserve-unknown-fields": true },
  amount: { "x-kubernetes-int-or-string": true },
})
const struct = structFor(source)
const type = mergeTypeOf(struct)
const fieldsOf = (spec: object): unknown =>
  (encodeFields(toFieldSet(type, { spec }))["f:spec"] as Record<string, unknown> | undefined) ?? {}

const owned: readonly (readonly [string, object, object])[] = [
  ["a scalar", { name: "x" }, { "f:name": {} }],
  ["an atomic list", { atomic: ["a"] }, { "f:atomic": {} }],
  ["a set", { set: ["a", "b"] }, { "f:set": { 'v:"a"': {}, 'v:"b"': {} } }],
  [
    "items with keys, which have defaults",
    { ports: [{ port: 80, name: "web" }] },
    { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {}, "f:name": {} } } },
  ],
  ["entries of a map", { map: { k: "v" } }, { "f:map": { "f:k": {} } }],
  ["an atomic object", { whole: { a: "x" } }, { "f:whole": {} }],
  [
    "objects that the schema says nothing of, member by member",
    { free: { a: { b: [1] } } },
    { "f:free": { "f:a": { ".": {}, "f:b": {} } } },
  ],
  [
    "known and unknown members",
    { open: { a: "x", z: { y: 1 } } },
    { "f:open": { "f:a": {}, "f:z": { ".": {}, "f:y": {} } } },
  ],
  ["anything: a list", { any: [1] }, { "f:any": {} }],
  ["anything: an object", { any: { a: 1 } }, { "f:any": { "f:a": {} } }],
  ["an int-or-string", { amount: "10%" }, { "f:amount": {} }],
]
for (const [name, spec, fields] of owned) {
  test(`owned: ${name}`, () => assert.deepEqual(fieldsOf(spec), fields))
}

const merges: readonly (readonly [string, object, object, object])[] = [
  ["sets are united", { set: ["a"] }, { set: ["b"] }, { set: ["a", "b"] }],
  [
    "items with one key are one, also when a part of it is a default",
    { ports: [{ port: 80, protocol: "TCP", name: "old" }] },
    {
      ports: [
        { port: 80, name: "new" },
        { port: 80, protocol: "UDP" },
      ],
    },
    {
      ports: [
        { port: 80, protocol: "TCP", name: "new" },
        { port: 80, protocol: "UDP" },
      ],
    },
  ],
  ["atomic lists are replaced", { atomic: ["a"] }, { atomic: ["b"] }, { atomic: ["b"] }],
  ["free objects are merged", { free: { a: { x: 1 } } }, { free: { a: { y: 2 } } }, { free: { a: { x: 1, y: 2 } } }],
  ["an object takes the place of a list", { any: [1] }, { any: { a: 1 } }, { any: { a: 1 } }],
]
for (const [name, live, applied, merged] of merges) {
  test(`merged: ${name}`, () => {
    assert.deepEqual(JSON.parse(JSON.stringify(merge(type, { spec: live }, { spec: applied }))), { spec: merged })
  })
}

test("what becomes something else is modified, and all inside it is gone or new", () => {
  const { added, modified, removed } = compare(type, { spec: { any: { a: 1 } } }, { spec: { any: [2] } })
  assert.deepEqual(encodeFields(modified), { "f:spec": { "f:any": {} } })
  assert.deepEqual(encodeFields(removed), { "f:spec": { "f:any": { "f:a": {} } } })
  assert.deepEqual(encodeFields(added), {})
})

const problems: readonly (readonly [string, object, string | undefined])[] = [
  ["a good one", { name: "x", any: { a: [1] }, amount: 1 }, undefined],
  ["an unknown field", { foo: 1 }, ".spec.foo: field not declared in schema"],
  ["an unknown field where they are kept", { open: { z: 1 } }, undefined],
  ["a wrong type", { name: 1 }, ".spec.name: expected string, got &value.valueUnstructured{Value:1}"],
  ["no list", { set: "a" }, ".spec.set: expected list, got &{a}"],
  ["the same twice", { set: ["a", "a"] }, '.spec.set: duplicate entries for key [="a"]'],
  ["no scalar", { amount: [1] }, undefined],
]
for (const [name, spec, problem] of problems) {
  test(`applied: ${name}`, () => {
    assert.equal(appliedProblem(struct, { apiVersion: "example.com/v1", kind: "Foo", spec }), problem)
  })
}
