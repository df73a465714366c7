import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimClock } from "../../../platform/sim/clock.ts"
import type { Activation } from "../activation.ts"
import { anyType, boolType, type CelType, listOf, nullType, stringType } from "../types.ts"
import { admissionActivation, admissionEnvironment } from "./admission-environment.ts"
import {
  type AdmissionExpression,
  AdmissionVariableValues,
  CostBudget,
  compileAdmissionExpression,
  evaluateAdmissionExpression,
  OutOfBudgetError,
} from "./admission-expression.ts"
import { EvaluationTime } from "./evaluation-time.ts"
import { CelJsonPatch, CelMutatedObject, jsonPatchType, mutatedObjectType, mutationToJson } from "./mutation-objects.ts"

const input = {
  object: { spec: { replicas: 3 }, metadata: { labels: { a: "b" } } },
  oldObject: null,
  request: { operation: "CREATE", userInfo: { username: "ann", groups: ["dev"] }, dryRun: false },
  namespaceObject: { metadata: { name: "ns", labels: { env: "prod" } } },
  params: { maxReplicas: 2 },
}
const clock = createSimClock(0)
const environment = admissionEnvironment({ hasParams: true, hasPatchTypes: true })

function evaluate(source: string, type: CelType = anyType, budget = new CostBudget(10_000_000)) {
  return evaluateAdmissionExpression(
    compileAdmissionExpression(environment, source, [type]),
    admissionActivation(input),
    new EvaluationTime(clock),
    budget,
  )
}

const values = [
  ["object.spec.replicas <= params.maxReplicas", false],
  ["oldObject == null", true],
  ["request.operation == 'CREATE' && 'dev' in request.userInfo.groups && !request.dryRun", true],
  ["namespaceObject.metadata.labels['env']", "prod"],
  ["has(object.spec.paused)", false],
  ["[1, 2].exists(i, v, i == 1 && v == 2)", true],
] as const
for (const [source, value] of values) test(source, () => assert.deepEqual(evaluate(source), { value }))

const wrong: readonly [source: string, type: CelType, error: string][] = [
  ["object.spec.paused", anyType, "expression 'object.spec.paused' resulted in error: no such key: paused"],
  ["object.spec.replicas", boolType, "compilation error: must evaluate to bool but got dyn"],
  ["1", boolType, "compilation error: must evaluate to bool but got int"],
  [
    "request.object",
    anyType,
    "compilation error: compilation failed: ERROR: <input>:1:8: undefined field 'object'\n | request.object\n | .......^",
  ],
  [
    "'a'.find('[')",
    anyType,
    "compilation error: program instantiation failed: error parsing regexp: missing closing ]: `[`",
  ],
]
for (const [source, type, error] of wrong) {
  test(`${source} as ${type} is refused`, () => assert.deepEqual(evaluate(source, type), { error }))
}

test("one of several types is named", () => {
  const compiled = compileAdmissionExpression(environment, "1", [stringType, nullType])
  assert.equal("error" in compiled && compiled.error, "must evaluate to one of [string null_type] but got int")
})

test("what is spent is gone", () => {
  const budget = new CostBudget(6)
  evaluate("object.spec.replicas == 3", boolType, budget)
  assert.equal(budget.left, 2)
  assert.throws(() => evaluate("object.spec.replicas == 3", boolType, budget), OutOfBudgetError)
})

test("variables are computed when they are asked for, once, and count", () => {
  const types = new Map<string, CelType>()
  const withVariables = admissionEnvironment({ variables: types })
  const variables = new Map<string, AdmissionExpression>()
  for (const [name, source] of [
    ["replicas", "object.spec.replicas"],
    ["double", "variables.replicas * 2"],
    ["broken", "object.spec.none"],
    ["wrong", "object.("],
  ] as const) {
    const compiled = compileAdmissionExpression(withVariables, source, [anyType])
    variables.set(name, compiled)
    if ("resultType" in compiled) types.set(name, compiled.resultType)
    else types.set(name, anyType)
  }
  const values: { current?: AdmissionVariableValues } = {}
  const activation = admissionActivation(input, (self: Activation) => {
    values.current = new AdmissionVariableValues(variables, self, new EvaluationTime(clock))
    return values.current
  })
  const budget = new CostBudget(1000)
  const run = (source: string) =>
    evaluateAdmissionExpression(
      compileAdmissionExpression(withVariables, source, [anyType]),
      activation,
      new EvaluationTime(clock),
      budget,
      values.current,
    )
  assert.deepEqual(run("variables.double"), { value: 6n })
  assert.deepEqual(run("variables.broken"), {
    error:
      "expression 'variables.broken' resulted in error: composited variable \"broken\" fails to evaluate: no such key: none",
  })
  const { error = "" } = run("variables.wrong") as { error?: string }
  assert.match(
    error,
    /composited variable "wrong" fails to compile: compilation failed: ERROR: <input>:1:8: Syntax error/,
  )
  assert.match((run("variables.unknown") as { error: string }).error, /undefined field 'unknown'/)
})

test("objects are made for mutations", () => {
  const source =
    "Object{spec: Object.spec{replicas: 3, template: Object.spec.template{labels: {'a': 'b'}}, l: [Object.spec.l{x: 1}]}}"
  const result = evaluate(source, mutatedObjectType)
  const object = "value" in result ? result.value : undefined
  assert.ok(object instanceof CelMutatedObject)
  assert.deepEqual(object.typeNameProblems(), [])
  assert.deepEqual(mutationToJson(object), {
    spec: { replicas: 3, template: { labels: { a: "b" } }, l: [{ x: 1 }] },
  })
})

test("types of objects must go with the fields they are in", () => {
  const result = evaluate("Object{spec: Object.status{x: 1}}", mutatedObjectType)
  const object = "value" in result ? result.value : undefined
  assert.ok(object instanceof CelMutatedObject)
  assert.deepEqual(object.typeNameProblems(), [
    'unexpected type name "Object.status", expected "Object.spec", which matches field name path from root Object type',
  ])
})

test("JSON patches are made for mutations", () => {
  const source =
    "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b~c'), value: {'x': 1}}, JSONPatch{op: 'move', from: '/a', path: '/b'}]"
  const result = evaluate(source, listOf(jsonPatchType))
  const patches = "value" in result ? [...(result.value as Iterable<unknown>)] : []
  assert.deepEqual(
    patches.map(
      (patch) =>
        patch instanceof CelJsonPatch && [patch.op, patch.path, patch.from, patch.value && mutationToJson(patch.value)],
    ),
    [
      ["add", "/metadata/labels/a~1b~0c", "", { x: 1 }],
      ["move", "/b", "/a", undefined],
    ],
  )
  assert.deepEqual(evaluate("JSONPatch{op: 'add', path: '/a'} == JSONPatch{op: 'add', path: '/a'}"), { value: true })
  assert.deepEqual(evaluate("has(JSONPatch{op: 'add'}.path) || JSONPatch{op: 'add'}.op == 'add'"), { value: true })
})
