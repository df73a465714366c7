import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { type FieldError, formatFieldError } from "../../field/error.ts"
import { FieldPath } from "../../field/path.ts"
import type { JsonObject } from "../../patch/structure.ts"
import { parseStructural } from "../../structural/parse-structural.ts"
import type { SchemaSource } from "../../structural/schema-source.ts"
import { checkValidationRules } from "./check-validation-rules.ts"
import { compileValidationRules } from "./validation-rules.ts"

/** A schema with what Kubernetes 1.36 says about an object of it, or about the schema itself. One a line. */
interface Case {
  readonly name: string
  readonly schema: SchemaSource
  readonly object: JsonObject
  readonly old?: JsonObject
  /** Those that are only warnings begin with `warning:`. */
  readonly errors: readonly string[]
}

function casesOf(file: string): readonly Case[] {
  const lines = readFileSync(new URL(file, import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
  return lines.map((line) => JSON.parse(line) as Case)
}

const format = (errors: readonly FieldError[]) => errors.map(formatFieldError)

function validate({ schema, object, old }: Omit<Case, "name" | "errors">): readonly string[] {
  const warnings: string[] = []
  const rules = compileValidationRules(schema, parseStructural(schema))
  const errors = rules?.(object, old, { warn: (text) => warnings.push(`warning: ${text}`) }) ?? []
  return [...format(errors), ...warnings]
}

for (const { name, errors, ...input } of casesOf("validation-rules.cases.jsonl")) {
  // Kubernetes visits members in no particular order.
  test(`evaluates ${name}`, () => assert.deepEqual(validate(input).toSorted(), errors.toSorted()))
}

const SCHEMA = FieldPath.root("schema")

for (const { name, schema, errors } of casesOf("check-validation-rules.cases.jsonl")) {
  test(`checks ${name}`, () => {
    assert.deepEqual(format(checkValidationRules(parseStructural(schema), SCHEMA, [])).toSorted(), errors.toSorted())
  })
}

test("rules at and above a part that is wrong are not checked", () => {
  const bad = [{ rule: "self.x" }]
  const inner: SchemaSource = { type: "integer", "x-kubernetes-validations": bad }
  const schema: SchemaSource = {
    type: "object",
    properties: { a: inner, ab: inner },
    "x-kubernetes-validations": bad,
  }
  const wrong = { type: "FieldValueInvalid", field: "schema.properties[a].type", body: "" } as const
  const errors = checkValidationRules(parseStructural(schema), SCHEMA, [wrong])
  assert.deepEqual(
    errors.map((error) => error.field),
    ["schema.properties[ab].x-kubernetes-validations[0].rule"],
  )
})

const numbers = (length: number) => Array.from({ length }, (_, i) => i)
const cubic = "self.l.all(a, self.l.all(b, self.l.all(c, a + b + c >= 0)))"

function listSchema(...rules: readonly { rule: string; messageExpression?: string }[]): SchemaSource {
  const properties: Record<string, SchemaSource> = { l: { type: "array", items: { type: "integer" } } }
  return { type: "object", properties, "x-kubernetes-validations": rules }
}

test("a rule that costs too much ends the evaluation", () => {
  assert.deepEqual(validate({ schema: listSchema({ rule: cubic }, { rule: "false" }), object: { l: numbers(200) } }), [
    `<nil>: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${cubic}`,
  ])
})

test("a message that costs too much ends the evaluation", () => {
  const messageExpression = `${cubic} ? "a" : "b"`
  const schema = listSchema({ rule: "false", messageExpression }, { rule: "false" })
  assert.deepEqual(validate({ schema, object: { l: numbers(200) } }), [
    `<nil>: Invalid value: "object": no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(messageExpression)}`,
  ])
})

test("all rules together may not cost more than the budget", () => {
  const rule = "self.all(a, self.all(b, a + b >= 0))"
  const inner: SchemaSource = { type: "array", items: { type: "integer" }, "x-kubernetes-validations": [{ rule }] }
  const schema: SchemaSource = { type: "object", properties: { l: { type: "array", items: inner } } }
  const object = { l: numbers(30).map(() => numbers(250)) }
  assert.deepEqual(validate({ schema, object }), [
    'l[22]: Invalid value: "array": validation failed due to running out of cost budget, no further validation rules will be run',
  ])
})
