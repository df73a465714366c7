import assert from "node:assert/strict"
import { test } from "node:test"
import { formatFieldError } from "../field/error.ts"
import { FieldPath } from "../field/path.ts"
import { parseStructural, StructuralError } from "./parse-structural.ts"
import type { SchemaSource } from "./schema-source.ts"
import { validateDefaults } from "./validate-defaults.ts"
import { validateStructural } from "./validate-structural.ts"

const root = (properties: Record<string, SchemaSource>, more: SchemaSource = {}): SchemaSource => ({
  type: "object",
  properties,
  ...more,
})
const text: SchemaSource = { type: "string" }
const embedded = { "x-kubernetes-embedded-resource": true } as const
const intOrString = { "x-kubernetes-int-or-string": true } as const

const cases: readonly (readonly [string, SchemaSource, readonly string[]])[] = [
  ["a good one", root({ a: text }), []],
  ["no type", {}, ["s.type: Required value: must not be empty at the root"]],
  ["no object", { type: "string" }, ['s.type: Invalid value: "string": must be object at the root']],
  [
    "members without types",
    root({ a: {}, l: { type: "array", items: {} } }),
    [
      "s.properties[a].type: Required value: must not be empty for specified object fields",
      "s.properties[l].items.type: Required value: must not be empty for specified array items",
    ],
  ],
  ["a list of what", root({ l: { type: "array" } }), ["s.properties[l].items: Required value: must be specified"]],
  [
    "any members at the root",
    { type: "object", additionalProperties: text },
    ["s.additionalProperties: Forbidden: must not be used at the root"],
  ],
  [
    "rules that give a shape",
    root({ a: text }, { anyOf: [{ type: "object", description: "x", properties: { a: { default: 1 } } }] }),
    [
      "s.anyOf[0].description: Forbidden: must be empty to be structural",
      "s.anyOf[0].properties[a].default: Forbidden: must be undefined to be structural",
      "s.anyOf[0].type: Forbidden: must be empty to be structural",
    ],
  ],
  [
    "rules for what has no shape",
    root({}, { not: { properties: { a: { properties: { b: { minLength: 1 } } } } } }),
    ["s.properties[a]: Required value: because it is defined in s.not.properties[a]"],
  ],
  ["an int-or-string", root({ a: { ...intOrString, anyOf: [{ type: "integer" }, text] } }), []],
  [
    "an int-or-string with rules",
    root({ a: { ...intOrString, allOf: [{ anyOf: [{ type: "integer" }, text] }, { minLength: 1 }] } }),
    [],
  ],
  [
    "what only looks like an int-or-string",
    root({ a: { ...intOrString, anyOf: [text, { type: "integer" }] } }),
    [
      "s.properties[a].anyOf[0].type: Forbidden: must be empty to be structural",
      "s.properties[a].anyOf[1].type: Forbidden: must be empty to be structural",
    ],
  ],
  [
    "metadata",
    root({ metadata: { type: "object", properties: { labels: { type: "object" } } } }),
    [
      "s.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
    ],
  ],
  ["the name", root({ metadata: { type: "object", properties: { name: { type: "string", maxLength: 9 } } } }), []],
  [
    "whole objects",
    root({ t: { ...embedded }, u: { ...embedded, type: "object", properties: { kind: { type: "integer" } } } }),
    [
      "s.properties[t].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
      "s.properties[t].type: Required value: must be object if x-kubernetes-embedded-resource is true",
      's.properties[u].properties[kind].type: Invalid value: "integer": must be string',
    ],
  ],
  [
    "a pattern",
    root({ a: { type: "string", pattern: "(" } }),
    [
      's.properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
    ],
  ],
]
for (const [name, source, errors] of cases) {
  test(`structure: ${name}`, () => {
    const found = validateStructural(parseStructural(source), FieldPath.root("s"))
    assert.deepEqual(found.map(formatFieldError), errors)
  })
}

test("what cannot be a structural schema at all is refused when it is parsed", () => {
  const refused: readonly (readonly [SchemaSource, string])[] = [
    [{ $ref: "#/x" }, "OpenAPIV3Schema '$ref' is not supported"],
    [root({ a: { type: "array", items: [text] } }), "OpenAPIV3Schema 'items' must be a schema, but is an array"],
    [{ allOf: [{ definitions: { a: {} } }] }, "OpenAPIV3Schema 'definitions' is not supported"],
  ]
  for (const [source, message] of refused) assert.throws(() => parseStructural(source), new StructuralError(message))
})

const defaults: readonly (readonly [string, SchemaSource, readonly string[]])[] = [
  ["one that fits", root({ a: { type: "string", default: "x" } }), []],
  [
    "one of another type",
    root({ a: { type: "string", default: 1 } }),
    ['s.properties[a].default: Invalid value: "integer":  in body must be of type string: "integer"'],
  ],
  [
    "one with fields that nobody knows",
    root({ a: { type: "object", default: { z: 1, b: "x" }, properties: { b: text } } }),
    ['s.properties[a].default: Invalid value: {"b":"x","z":1}: must not have unknown fields'],
  ],
  [
    "one with something wrong inside",
    root({ a: { type: "object", default: { b: "xx" }, properties: { b: { type: "string", maxLength: 1 } } } }),
    ["s.properties[a].default.b: Too long: may not be more than 1 byte"],
  ],
  [
    "one that is a whole object",
    root({ t: { ...embedded, type: "object", default: { spec: "s" }, properties: { spec: text } } }),
    ["s.properties[t].default.apiVersion: Required value", "s.properties[t].default.kind: Required value"],
  ],
  [
    "one that a rule refuses",
    root({
      a: { type: "integer", default: 1, "x-kubernetes-validations": [{ rule: "self > 1", message: "too few" }] },
    }),
    ["s.properties[a].default: Invalid value: 1: too few"],
  ],
  [
    "one in metadata",
    root({
      t: {
        ...embedded,
        type: "object",
        properties: { metadata: { type: "object", properties: { name: { type: "string", default: "a/b" } } } },
      },
    }),
    [
      's.properties[t].properties[metadata].properties[name].default: Invalid value: "a/b": must result in valid metadata: metadata.name: Invalid value: "a/b": may not contain \'/\'',
    ],
  ],
]
for (const [name, source, errors] of defaults) {
  test(`default: ${name}`, () => {
    const found = validateDefaults(source, parseStructural(source), FieldPath.root("s"))
    assert.deepEqual(found.map(formatFieldError), errors)
  })
}
