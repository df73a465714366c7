import assert from "node:assert/strict"
import { test } from "node:test"
import { formatFieldError } from "../field/error.ts"
import { FieldPath } from "../field/path.ts"
import { parseStructural } from "./parse-structural.ts"
import type { SchemaSource } from "./schema-source.ts"
import type { ValidationRule } from "./structural-schema.ts"
import { validateDefaults } from "./validate-defaults.ts"

const integer = (rule: ValidationRule, value?: number): SchemaSource => ({
  type: "integer",
  "x-kubernetes-validations": [rule],
  ...(value !== undefined && { default: value }),
})
const aboveFive = { rule: "self > 5" }

const cases: readonly { readonly name: string; readonly property: SchemaSource; readonly errors: readonly string[] }[] =
  [
    { name: "that holds", property: integer(aboveFive, 7), errors: [] },
    { name: "that fails", property: integer(aboveFive, 1), errors: [": Invalid value: 1: failed rule: self > 5"] },
    {
      name: "of a transition, which is one from the default to itself",
      property: integer({ rule: "self > oldSelf", message: "must grow" }, 3),
      errors: [": Invalid value: 3: must grow"],
    },
    {
      name: "with an optional old value, which a default may lack",
      property: integer({ rule: "oldSelf.hasValue() || self == 0", optionalOldSelf: true, message: "starts at 0" }, 3),
      errors: [": Invalid value: 3: starts at 0"],
    },
    {
      name: "of an object and of its members",
      property: {
        type: "object",
        default: { x: 1 },
        properties: { x: integer(aboveFive) },
        "x-kubernetes-validations": [{ rule: "self.x > 3" }],
      },
      errors: [": Invalid value: failed rule: self.x > 3", ".x: Invalid value: 1: failed rule: self > 5"],
    },
  ]
for (const { name, property, errors } of cases) {
  test(`defaults are validated by a rule ${name}`, () => {
    const source: SchemaSource = { type: "object", properties: { a: property } }
    const found = validateDefaults(source, parseStructural(source), FieldPath.root("schema"))
    assert.deepEqual(
      found.map(formatFieldError),
      errors.map((error) => `schema.properties[a].default${error}`),
    )
  })
}
