import assert from "node:assert/strict"
import { test } from "node:test"
import { openapiV2 } from "../openapi/v2.ts"
import { openapiV3 } from "../openapi/v3.ts"
import { type AnyResource, storedVerbs } from "../schema/resource.ts"
import { customDefinitionName, customStruct } from "./custom-struct.ts"
import { parseStructural } from "./parse-structural.ts"
import type { SchemaSource } from "./schema-source.ts"

const text: SchemaSource = { type: "string" }
const source: SchemaSource = {
  type: "object",
  description: "A foo.",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      required: ["a", "n"],
      properties: {
        a: { type: "string", enum: ["x", "y"], default: "x", description: "An a." },
        n: { type: "string", nullable: true, minLength: 2 },
        amount: { "x-kubernetes-int-or-string": true },
        open: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: { q: text } },
        one: { type: "object", properties: { b: text }, oneOf: [{ required: ["b"] }] },
        pod: { type: "object", "x-kubernetes-embedded-resource": true, properties: { spec: text } },
      },
    },
  },
}
const definition = customDefinitionName("stable.example.com", "v1", "Foo")
const resource: AnyResource = {
  group: "stable.example.com",
  version: "v1",
  apiVersion: "stable.example.com/v1",
  kind: "Foo",
  listKind: "FooList",
  plural: "foos",
  singular: "foo",
  shortNames: [],
  categories: [],
  namespaced: true,
  doc: "A foo.",
  struct: customStruct({ definition, schema: parseStructural(source), hasStatus: false }),
  verbs: storedVerbs,
  subresources: new Map(),
  columns: [],
  selectableFields: new Map([["spec.a", () => ""]]),
  strategy: {},
}

interface Definition {
  readonly required?: readonly string[]
  readonly properties: Readonly<Record<string, Definition>>
  readonly [keyword: string]: unknown
}
const v2 = openapiV2([resource]) as { readonly definitions: Readonly<Record<string, Definition>> }
const v3 = openapiV3([resource]) as { readonly components: { readonly schemas: Readonly<Record<string, Definition>> } }
const inV2 = v2.definitions[definition]
const inV3 = v3.components.schemas[definition]
const kind = { group: "stable.example.com", kind: "Foo", version: "v1" }

test("the definition has the name of the group from behind, its kind, and what can be selected", () => {
  assert.equal(definition, "com.example.stable.v1.Foo")
  for (const found of [inV2, inV3]) {
    assert.deepEqual(found?.["x-kubernetes-group-version-kind"], [kind])
    assert.deepEqual(found?.["x-kubernetes-selectable-fields"], [{ fieldPath: "spec.a" }])
    assert.deepEqual(Object.keys(found?.properties ?? {}), ["apiVersion", "kind", "metadata", "spec"])
    assert.equal(found?.["description"], "A foo.")
  }
})

test("version 3 says everything", () => {
  const spec = inV3?.properties["spec"]
  assert.deepEqual(spec?.required, ["a", "n"])
  assert.deepEqual(spec?.properties["a"], { description: "An a.", type: "string", default: "x", enum: ["x", "y"] })
  assert.deepEqual(spec?.properties["n"], { type: "string", nullable: true, minLength: 2 })
  assert.deepEqual(spec?.properties["amount"]?.["anyOf"], [{ type: "integer" }, { type: "string" }])
  assert.deepEqual(spec?.properties["one"]?.["oneOf"], [{ required: ["b"] }])
  assert.deepEqual(spec?.properties["open"]?.properties, { q: { type: "string" } })
})

test("version 2 leaves out what its readers would misunderstand", () => {
  const spec = inV2?.properties["spec"]
  assert.deepEqual(spec?.required, ["a"])
  assert.deepEqual(spec?.properties["a"], { description: "An a.", type: "string", enum: ["x", "y"] })
  assert.deepEqual(spec?.properties["n"], { minLength: 2 })
  assert.deepEqual(spec?.properties["amount"], { "x-kubernetes-int-or-string": true })
  assert.deepEqual(spec?.properties["open"], { "x-kubernetes-preserve-unknown-fields": true })
  assert.equal(spec?.properties["one"]?.["oneOf"], undefined)
})

test("whole objects inside have what every object has", () => {
  for (const found of [inV2, inV3]) {
    const pod = found?.properties["spec"]?.properties["pod"]
    assert.deepEqual(Object.keys(pod?.properties ?? {}), ["apiVersion", "kind", "metadata", "spec"])
    assert.deepEqual(pod?.required, ["kind", "apiVersion"])
  }
})

test("without a schema, and in version 2 where all is kept, nothing is said", () => {
  const open = parseStructural({
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
    properties: { a: text },
  })
  const published = (schema: ReturnType<typeof parseStructural> | undefined, dialect: "v2" | "v3") =>
    customStruct({ definition, schema, hasStatus: false }).form?.publish(dialect)
  assert.deepEqual(published(undefined, "v3"), { type: "object" })
  assert.deepEqual(published(open, "v2"), { type: "object" })
  assert.deepEqual(Object.keys((published(open, "v3") as Definition).properties), [
    "a",
    "apiVersion",
    "kind",
    "metadata",
  ])
})
