import assert from "node:assert/strict"
import { test } from "node:test"
import { activationOf } from "../activation.ts"
import { compileExpression, kubernetesEnvironment } from "../kubernetes/environment.ts"
import { ValueList } from "../list.ts"
import { intType, listOf } from "../types.ts"

const list = new ValueList(Array.from({ length: 200_000 }, (_, i) => BigInt(i)))
const environment = kubernetesEnvironment().extend({ variables: [{ name: "l", type: listOf(intType) }] })

for (const expression of [
  "l.distinct().size() > 0",
  "sets.contains(l, l)",
  "sets.equivalent(l, l)",
  "sets.intersects(l, l.map(x, -x - 1))",
  "lists.range(20000000).size() > 0",
  "lists.range(9223372036854775807).size() > 0",
]) {
  test(`${expression} is refused at once for large lists`, () => {
    const compiled = compileExpression(environment, expression)
    assert.ok(compiled.ok)
    const evaluation = compiled.program.evaluate(activationOf([["l", list]]), { costLimit: 1_000_000 })
    assert.equal(!evaluation.ok && evaluation.error.message, "operation cancelled: actual cost limit exceeded")
  })
}
