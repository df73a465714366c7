import assert from "node:assert/strict"
import { test } from "node:test"
import { ExactNumber } from "../../json/exact-number.ts"
import { activationOf } from "../activation.ts"
import { createEnvironment } from "../environment.ts"
import { isError } from "../error.ts"
import { dynType } from "../types.ts"
import { jsonToCel } from "./json-value.ts"
import type { JsonShape } from "./shape.ts"
import { celToJson } from "./to-json.ts"

const environment = createEnvironment({
  variables: [
    { name: "a", type: dynType },
    { name: "b", type: dynType },
  ],
})

function evaluate(expression: string, a: unknown, b: unknown, shape?: JsonShape): unknown {
  const compiled = environment.compile(expression)
  assert.ok(compiled.ok, compiled.ok ? "" : compiled.message)
  const variables = activationOf([
    ["a", () => jsonToCel(a, shape)],
    ["b", () => jsonToCel(b, shape)],
  ])
  const result = environment.program(compiled.ast).evaluate(variables)
  return result.ok ? celToJson(result.value) : result.error.message
}

const text = { kind: "string" } as const
const field = (jsonName: string, shape: JsonShape) => ({ jsonName, shape })
const object: JsonShape = {
  kind: "object",
  fields: new Map([
    ["a__dash__b", field("a-b", text)],
    ["when", field("when", { kind: "timestamp" })],
    ["day", field("day", { kind: "date" })],
    ["long", field("long", { kind: "duration" })],
    ["data", field("data", { kind: "bytes" })],
    ["port", field("port", { kind: "intOrString" })],
    ["rate", field("rate", { kind: "double", nullable: true })],
    ["rest", field("rest", { kind: "preserved" })],
  ]),
}
const set: JsonShape = { kind: "list", items: text, listType: "set" }
const keyed: JsonShape = {
  kind: "list",
  listType: "map",
  mapKeys: ["name"],
  items: {
    kind: "object",
    fields: new Map([
      ["name", field("name", text)],
      ["value", field("value", { kind: "int" })],
    ]),
  },
}

const cases: readonly {
  readonly name: string
  readonly expression: string
  readonly a: unknown
  readonly b?: unknown
  readonly shape?: JsonShape
  readonly want: unknown
}[] = [
  {
    name: "whole numbers are int",
    expression: "type(a.x) == int && type(a.y) == double",
    a: { x: 1, y: 1.5 },
    want: true,
  },
  {
    name: "integers beyond 2^53 stay exact",
    expression: "a + 1",
    a: new ExactNumber("9007199254740993"),
    want: new ExactNumber("9007199254740994"),
  },
  {
    name: "members are given back as they were",
    expression: "a.x",
    a: { x: { y: [1, null] } },
    want: { y: [1, null] },
  },
  {
    name: "__proto__ is a key as any",
    expression: "'__proto__' in a && a.__proto__ == 1",
    a: JSON.parse('{"__proto__": 1}'),
    want: true,
  },
  { name: "what is inherited is no key", expression: "has(a.toString) || has(a.constructor)", a: {}, want: false },
  { name: "absent members", expression: "a.x.y", a: { x: {} }, want: "no such key: y" },
  { name: "escaped names", expression: "a.a__dash__b", a: { "a-b": "x" }, shape: object, want: "x" },
  { name: "fields without a shape", expression: "has(a.other)", a: { other: 1 }, shape: object, want: false },
  { name: "times", expression: "a.when.getFullYear()", a: { when: "2024-05-06T07:08:09Z" }, shape: object, want: 2024 },
  { name: "dates", expression: "a.day.getDate()", a: { day: "2024-05-06" }, shape: object, want: 6 },
  { name: "durations", expression: "a.long.getHours()", a: { long: "2 days" }, shape: object, want: 48 },
  { name: "bytes", expression: "string(a.data)", a: { data: "aGk=" }, shape: object, want: "hi" },
  {
    name: "numbers that may be text",
    expression: "[a.port == 80, b.port == 'http']",
    a: { port: 80 },
    b: { port: "http" },
    shape: object,
    want: [true, true],
  },
  { name: "a field that is null is absent", expression: "has(a.rate)", a: { rate: null }, shape: object, want: false },
  {
    name: "nullable",
    expression: "a[0] == null",
    a: [null],
    shape: { kind: "list", items: { kind: "double", nullable: true } },
    want: true,
  },
  {
    name: "null where none may be",
    expression: "a[0]",
    a: [null],
    shape: { kind: "list", items: text },
    want: "invalid data, got null for schema with nullable=false",
  },
  {
    name: "another type",
    expression: "a.a__dash__b",
    a: { "a-b": 1 },
    shape: object,
    want: "invalid data, expected string, got int64",
  },
  {
    name: "undeclared fields count in comparisons",
    expression: "a == b",
    a: { x: 1 },
    b: { x: 2 },
    shape: object,
    want: false,
  },
  {
    name: "preserved data can be compared",
    expression: "a.rest == b.rest",
    a: { rest: { x: [1] } },
    b: { rest: { x: [1] } },
    shape: object,
    want: true,
  },
  { name: "sets are equal in any order", expression: "a == b", a: ["x", "y"], b: ["y", "x"], shape: set, want: true },
  { name: "sets unite", expression: "a + b", a: ["x", "y"], b: ["z", "y"], shape: set, want: ["x", "y", "z"] },
  {
    name: "keyed lists are equal in any order",
    expression: "a == b",
    a: [{ name: "x", value: 1 }, { name: "y" }],
    b: [{ name: "y" }, { name: "x", value: 1 }],
    shape: keyed,
    want: true,
  },
  {
    name: "keyed lists differ by their elements",
    expression: "a == b",
    a: [{ name: "x", value: 1 }],
    b: [{ name: "x", value: 2 }],
    shape: keyed,
    want: false,
  },
  {
    name: "keyed lists merge",
    expression: "(a + b).map(e, e.value)",
    a: [
      { name: "x", value: 1 },
      { name: "y", value: 2 },
    ],
    b: [
      { name: "z", value: 3 },
      { name: "x", value: 4 },
    ],
    shape: keyed,
    want: [4, 2, 3],
  },
]
for (const { name, expression, a, b, shape, want } of cases) {
  test(name, () => assert.deepEqual(evaluate(expression, a, b, shape), want))
}

test("a shape may contain itself", () => {
  const fields = new Map<string, { jsonName: string; shape: JsonShape }>()
  const tree: JsonShape = { kind: "object", fields }
  fields.set("next", field("next", tree))
  assert.deepEqual(evaluate("has(a.next.next)", { next: { next: {} } }, null, tree), true)
})

test("what is no JSON of the shape is an error and not a crash", () => {
  for (const kind of [
    "bool",
    "int",
    "double",
    "string",
    "intOrString",
    "timestamp",
    "date",
    "duration",
    "bytes",
  ] as const) {
    assert.ok(isError(jsonToCel({}, { kind })), kind)
    assert.ok(isError(jsonToCel([], { kind })), kind)
  }
})
