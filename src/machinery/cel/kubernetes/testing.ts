import assert from "node:assert/strict"
import { test } from "node:test"
import { activationOf } from "../activation.ts"
import type { CelEnvironment } from "../environment.ts"
import { isError } from "../error.ts"
import { ValueList } from "../list.ts"
import { CelType, dynType, intType, listOf, stringType } from "../types.ts"
import type { CelValue } from "../value.ts"
import { toText } from "../values/convert.ts"
import { typeOf } from "../values/type-of.ts"
import { compileExpression, kubernetesEnvironment } from "./environment.ts"
import { estimateEquality } from "./equality-cost.ts"
import { jsonPatchLibrary } from "./json-patch.ts"
import { PER_CALL_LIMIT } from "./limits.ts"

/** An estimate that says nothing: beyond what numbers hold exactly. */
export const UNBOUNDED = Number.POSITIVE_INFINITY

/**
 * An expression and what Kubernetes 1.36 gives for it: the value as text, or the error; what it cost; what it was estimated
 * to cost at least and at most. Expressions that are refused before have no cost.
 */
export type ExpressionCase =
  | readonly [expression: string, result: string | number | boolean, cost: number, min: number, max: number]
  | readonly [expression: string, result: { readonly error: string }, cost: number, min: number, max: number]
  | readonly [expression: string, result: { readonly refused: string }]

const variables: readonly (readonly [string, CelValue])[] = [
  ["s", "the quick fox"],
  ["l", new ValueList(["b", "a", "c"])],
  ["n", new ValueList([3n, 1n, 2n])],
]

let environment: CelEnvironment | undefined

function environmentOfCases(): CelEnvironment {
  environment ??= kubernetesEnvironment().extend({
    libraries: [jsonPatchLibrary],
    variables: [
      { name: "s", type: stringType },
      { name: "l", type: listOf(stringType) },
      { name: "n", type: listOf(intType) },
      { name: "d", type: dynType },
    ],
  })
  return environment
}

/** One test for each case. */
export function testExpressions(cases: readonly ExpressionCase[]): void {
  for (const [expression, expected, ...costs] of cases) {
    test(expression, () => {
      const [result, ...actualCosts] = run(expression)
      assert.deepEqual([result, ...actualCosts], [typeof expected === "object" ? expected : String(expected), ...costs])
    })
  }
}

function run(expression: string): unknown[] {
  const used = environmentOfCases()
  const compiled = compileExpression(used, expression)
  if (!compiled.ok) return [{ refused: compiled.message }]
  const estimate = used.estimateCost(compiled.ast, {
    estimateSize: () => undefined,
    estimateCall: (name, _overload, _target, args) => estimateEquality(name, args),
  })
  const bounded = (cost: number) => (cost > Number.MAX_SAFE_INTEGER ? UNBOUNDED : cost)
  const evaluation = compiled.program.evaluate(activationOf(variables), { costLimit: PER_CALL_LIMIT })
  const costs = [evaluation.cost, bounded(estimate.min), bounded(estimate.max)]
  return evaluation.ok ? [describe(evaluation.value), ...costs] : [{ error: evaluation.error.message }, ...costs]
}

function describe(value: CelValue): string {
  if (value instanceof CelType) return value.name
  const text = toText(value)
  return isError(text) ? typeOf(value).name : String(text)
}
