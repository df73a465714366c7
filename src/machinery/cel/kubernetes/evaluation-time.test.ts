import assert from "node:assert/strict"
import { test } from "node:test"
import { parseStructural } from "../../structural/parse-structural.ts"
import { activationOf } from "../activation.ts"
import { ValueList } from "../list.ts"
import { intType, listOf, stringType } from "../types.ts"
import { compileExpression, kubernetesEnvironment } from "./environment.ts"
import { EVALUATION_MAX_MS, EvaluationTime } from "./evaluation-time.ts"
import { compileValidationRules } from "./validation-rules.ts"

/** A clock on which each look takes a millisecond. */
function slowClock() {
  let nowMs = 0
  return { monotonicMs: () => nowMs++ }
}

const environment = kubernetesEnvironment().extend({
  variables: [
    { name: "n", type: listOf(intType) },
    { name: "s", type: stringType },
  ],
})
const variables = activationOf([
  ["n", new ValueList(Array.from({ length: 100_000 }, (_, index) => BigInt(index)))],
  ["s", "x".repeat(1_000_000)],
])

function program(source: string) {
  const compiled = compileExpression(environment, source)
  assert.ok(compiled.ok)
  return compiled.program
}

test("expressions end when their time is up, and the next ones of the same request at once", () => {
  const time = new EvaluationTime(slowClock())
  assert.equal(time.evaluate(program("n.size() > 1"), variables).ok, true)
  for (const source of ["n.all(i, s.size() > i)", "n.all(i, s.charAt(1) != '')"]) {
    const result = time.evaluate(program(source), variables)
    assert.ok(!result.ok)
    assert.equal(result.stopped, "interrupted")
    assert.equal(result.error.message, "operation interrupted")
    assert.ok(result.cost < 100 * EVALUATION_MAX_MS)
  }
})

test("only evaluating takes time", () => {
  let nowMs = 0
  const time = new EvaluationTime({ monotonicMs: () => nowMs })
  const all = program("n.all(i, i < 100000)")
  for (let round = 0; round < 3; round++) {
    assert.equal(time.evaluate(all, variables).ok, true)
    nowMs += EVALUATION_MAX_MS
  }
})

test("rules of a resource that take too long fail as in Kubernetes when a request is over", () => {
  const rule = "self.n.all(i, self.n.all(j, i + j > 0))"
  const source = {
    type: "object",
    properties: { n: { type: "array", maxItems: 1000, items: { type: "integer" } } },
    "x-kubernetes-validations": [{ rule }, { rule: "self.n.size() < 0" }],
  }
  const rules = compileValidationRules(source, parseStructural(source), false)
  const value = { n: Array.from({ length: 1_000 }, () => 1) }
  const [first] = rules?.(value, undefined, { clock: slowClock() }) ?? []
  assert.match(first?.body ?? "", /: operation interrupted evaluating rule: self\.n\.all\(i, /)
})
