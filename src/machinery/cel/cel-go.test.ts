import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { activationOf } from "./activation.ts"
import type { CostNode } from "./cost/estimate.ts"
import { createEnvironment } from "./environment.ts"
import { jsonToCel } from "./json/json-value.ts"
import { celToJson } from "./json/to-json.ts"
import { optionalLibrary } from "./optional/optional-library.ts"
import { bindingsLibrary, twoVariableLibrary } from "./stdlib/two-variable-library.ts"
import { boolType, doubleType, dynType, intType, listOf, mapOf, stringType } from "./types.ts"
import { CelOptional, type CelValue } from "./value.ts"

/** An expression of ours and what cel-go 0.26 makes of it. Maps are left out where Go's lack of order shows. */
interface Recorded {
  readonly expression: string
  readonly refused?: string
  readonly type?: string
  readonly estimate?: readonly [min: number, max: number]
  /** Why no program can be made of it. */
  readonly never?: string
  readonly cost?: number
  readonly error?: string
  readonly value?: unknown
}

const recorded = readFileSync(join(import.meta.dirname, "cel-go.cases.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded)

const values = {
  x: { a: { b: 1 }, l: [1, "two", 3.5] },
  l: [1, 2, 3],
  m: { a: "b", c: "d" },
  s: "hello",
  n: 5,
  d: 2.5,
  mm: { k: { z: [1, 2] } },
  ls: ["a", "bb", "ccc"],
  b: true,
}
const types = {
  x: dynType,
  l: listOf(intType),
  m: mapOf(stringType, stringType),
  s: stringType,
  n: intType,
  d: doubleType,
  mm: mapOf(stringType, dynType),
  ls: listOf(stringType),
  b: boolType,
}
const environment = createEnvironment({
  libraries: [optionalLibrary, twoVariableLibrary, bindingsLibrary],
  variables: Object.entries(types).map(([name, type]) => ({ name, type })),
})
const variables = activationOf(Object.entries(values).map(([name, json]) => [name, () => jsonToCel(json)] as const))
/** All that comes from a variable is of 100 elements at most. */
const estimator = {
  estimateSize: ({ path }: CostNode) => (path === undefined || path.length === 0 ? undefined : { min: 0, max: 100 }),
  estimateCall: () => undefined,
}

function outcome(want: Recorded): Recorded {
  const { expression } = want
  const compiled = environment.compile(expression)
  if (!compiled.ok) return { expression, refused: compiled.message }
  const { min, max } = environment.estimateCost(compiled.ast, estimator)
  const program = environment.program(compiled.ast)
  const type = String(compiled.resultType).replace(/\b(timestamp|duration)\b/g, (name) =>
    name === "timestamp" ? "google.protobuf.Timestamp" : "google.protobuf.Duration",
  )
  const common = { expression, type, ...(want.estimate === undefined ? {} : { estimate: [min, max] as const }) }
  if (program.error !== undefined) return { ...common, never: program.error.message }
  const result = program.evaluate(variables)
  if (!result.ok) return { ...common, cost: result.cost, error: result.error.message }
  const value = want.value === undefined ? {} : { value: plain(result.value) }
  return { ...common, cost: result.cost, ...value }
}

function plain(value: CelValue): unknown {
  if (!(value instanceof CelOptional)) return JSON.parse(JSON.stringify(celToJson(value)))
  return value.value === undefined ? "none" : plain(value.value)
}

for (const want of recorded) {
  test(want.expression, () => {
    const got = outcome(want)
    assert.deepEqual(got, { ...want, ...(want.type === "null_type" ? { type: "null" } : {}) })
  })
}
