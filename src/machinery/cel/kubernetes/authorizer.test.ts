import assert from "node:assert/strict"
import { test } from "node:test"
import { createSimClock } from "../../../platform/sim/clock.ts"
import { anyType, boolType } from "../types.ts"
import {
  type AccessDecision,
  type AccessQuestion,
  AccessSession,
  type DecideAccess,
  evaluateWithAccess,
} from "./access.ts"
import { admissionActivation, admissionEnvironment } from "./admission-environment.ts"
import {
  type AdmissionResult,
  CostBudget,
  compileAdmissionExpression,
  evaluateAdmissionExpression,
} from "./admission-expression.ts"
import { EvaluationTime } from "./evaluation-time.ts"

const user = { name: "ann", groups: ["dev"], extra: new Map() }
const resource = { group: "apps", resource: "deployments", subresource: "", namespace: "test", name: "web" }

/** What an expression gives, and what the authorizer was asked for it. */
async function evaluate(source: string, decide: DecideAccess) {
  const questions: AccessQuestion[] = []
  const session = new AccessSession((question) => {
    questions.push(question)
    return decide(question)
  })
  const environment = admissionEnvironment({ hasAuthorizer: true })
  const expression = compileAdmissionExpression(environment, source, [anyType])
  const input = { object: null, oldObject: null, request: {}, namespaceObject: null }
  const outcome = evaluateWithAccess(session, (): AdmissionResult => {
    const activation = admissionActivation({ ...input, access: { session, user, resource } })
    return evaluateAdmissionExpression(
      expression,
      activation,
      new EvaluationTime(createSimClock(0)),
      new CostBudget(10_000_000),
    )
  })
  const isImmediate = !(outcome instanceof Promise)
  return { result: await outcome, questions, isImmediate }
}

const allow = (): AccessDecision => ({ allowed: true, reason: "because" })
const common = { type: "resource", user, subresource: "", namespace: "", name: "" } as const

const asked: readonly { readonly expression: string; readonly question: AccessQuestion }[] = [
  {
    expression: "authorizer.path('/healthz').check('get')",
    question: { type: "path", user, path: "/healthz", verb: "get" },
  },
  {
    expression: "authorizer.group('apps').resource('deployments').check('create')",
    question: { ...common, group: "apps", resource: "deployments", verb: "create" },
  },
  {
    expression:
      "authorizer.group('').resource('pods').subresource('status').namespace('test').name('backend').check('get')",
    question: {
      ...common,
      group: "",
      resource: "pods",
      subresource: "status",
      namespace: "test",
      name: "backend",
      verb: "get",
    },
  },
  { expression: "authorizer.requestResource.check('custom')", question: { ...common, ...resource, verb: "custom" } },
  {
    expression:
      "authorizer.group('').resource('pods').fieldSelector('spec.nodeName=a').labelSelector('a in (b)').check('list')",
    question: {
      ...common,
      group: "",
      resource: "pods",
      verb: "list",
      fieldSelector: "spec.nodeName=a",
      labelSelector: "a in (b)",
    },
  },
  {
    expression: "authorizer.group('').resource('pods').fieldSelector('nonsense').labelSelector('a in').check('list')",
    question: { ...common, group: "", resource: "pods", verb: "list" },
  },
  {
    expression: "authorizer.serviceAccount('ns', 'bot').path('/x').check('get')",
    question: {
      type: "path",
      user: {
        name: "system:serviceaccount:ns:bot",
        groups: ["system:serviceaccounts", "system:serviceaccounts:ns"],
        extra: new Map(),
      },
      path: "/x",
      verb: "get",
    },
  },
]
for (const { expression, question } of asked) {
  test(`${expression} asks`, async () => {
    const { result, questions, isImmediate } = await evaluate(`${expression}.allowed()`, allow)
    assert.deepEqual(
      { result, questions, isImmediate },
      { result: { value: true }, questions: [question], isImmediate: true },
    )
  })
}

const answers: readonly {
  readonly name: string
  readonly decide: DecideAccess
  readonly expected: readonly unknown[]
}[] = [
  { name: "allowed", decide: allow, expected: [true, "because", false, ""] },
  { name: "no opinion", decide: () => ({ allowed: false }), expected: [false, "", false, ""] },
  {
    name: "failed",
    decide: () => {
      throw new Error("no connection")
    },
    expected: [false, "", true, "no connection"],
  },
  { name: "allowed later", decide: async () => allow(), expected: [true, "because", false, ""] },
  { name: "failed later", decide: () => Promise.reject(new Error("gone")), expected: [false, "", true, "gone"] },
]
for (const { name, decide, expected } of answers) {
  test(`a decision tells that it is ${name}`, async () => {
    const check = "authorizer.path('/x').check('get')"
    const parts: unknown[] = []
    for (const part of ["allowed", "reason", "errored", "error"]) {
      const { result } = await evaluate(`${check}.${part}()`, decide)
      parts.push("value" in result ? result.value : result.error)
    }
    assert.deepEqual(parts, expected)
  })
}

test("an expression runs again when answers come late, and asks each question once", async () => {
  const source =
    "authorizer.path('/a').check('get').allowed() && authorizer.path('/b').check('get').allowed() || authorizer.path('/a').check('get').allowed()"
  const { result, questions, isImmediate } = await evaluate(source, async () => allow())
  assert.deepEqual(result, { value: true })
  assert.deepEqual(
    questions.map((question) => question.type === "path" && question.path),
    ["/a", "/b"],
  )
  assert.equal(isImmediate, false)
})

const wrong = [
  ["authorizer.path('  ').check('get').allowed()", "path must not be empty"],
  ["authorizer.group('apps').resource('').check('get').allowed()", "resource must not be empty"],
  [
    "authorizer.serviceAccount('not@valid', 'bot').path('/x').check('get').allowed()",
    "Invalid service account namespace",
  ],
  ["authorizer.serviceAccount('ns', 'invalid@*').path('/x').check('get').allowed()", "Invalid service account name"],
  [
    "authorizer.path('/a').check('get').allowed() && authorizer.path('/b').check('get').allowed() && authorizer.path('/c').check('get').allowed()",
    "operation cancelled: actual cost limit exceeded",
  ],
] as const
for (const [source, message] of wrong) {
  test(`${source} fails`, async () => {
    const { result } = await evaluate(source, allow)
    assert.deepEqual(result, { error: `expression '${source}' resulted in error: ${message}` })
  })
}

test("without an authorizer there is no such variable", () => {
  const compiled = compileAdmissionExpression(
    admissionEnvironment({}),
    "authorizer.path('/x').check('get').allowed()",
    [boolType],
  )
  assert.match("error" in compiled ? compiled.error : "", /undeclared reference to 'authorizer'/)
})
