import assert from "node:assert/strict"
import { after, afterEach, before, test } from "node:test"
import { MutatingAdmissionPolicy } from "../../../api/admissionregistration/v1/mutating-admission-policy.ts"
import { MutatingAdmissionPolicyBinding } from "../../../api/admissionregistration/v1/mutating-admission-policy-binding.ts"
import { ValidatingAdmissionPolicy } from "../../../api/admissionregistration/v1/validating-admission-policy.ts"
import { ValidatingAdmissionPolicyBinding } from "../../../api/admissionregistration/v1/validating-admission-policy-binding.ts"
import { Deployment } from "../../../api/apps/v1/deployment.ts"
import { ConfigMap } from "../../../api/core/v1/config-map.ts"
import { Namespace } from "../../../api/core/v1/namespace.ts"
import type { Client } from "../../../client/client.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import { startTestApi, type TestApi } from "../testing.ts"

/** Policies before a whole API server. */

let api: TestApi
let client: Client
before(async () => {
  api = await startTestApi()
  client = api.client
  await client.of(Namespace).create({ metadata: { name: "shop", labels: { tier: "gold" } } })
  for (const [name, most] of [
    ["few", "2"],
    ["many", "5"],
  ]) {
    const metadata = { name: name ?? "", namespace: "shop", labels: { limits: "yes" } }
    await client.of(ConfigMap).create({ metadata, data: { most: most ?? "" } })
  }
})
const KINDS = [
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
]
afterEach(async () => {
  for (const kind of KINDS) {
    for (const { metadata } of (await client.of(kind).list()).items)
      await client.of(kind).delete({ name: metadata.name })
  }
  api.warnings.length = 0
})
after(() => api.close())

const resourceRules = [
  { operations: ["CREATE", "UPDATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"] },
]
async function validating(spec: object, ...bindings: object[]): Promise<void> {
  const policy = { metadata: { name: "p" }, spec: { matchConstraints: { resourceRules }, ...spec } }
  await client.of(ValidatingAdmissionPolicy).create(policy as never)
  for (const [at, binding] of (bindings.length === 0 ? [{}] : bindings).entries()) {
    const bound = { policyName: "p", validationActions: ["Deny"], ...binding }
    await client.of(ValidatingAdmissionPolicyBinding).create({ metadata: { name: `b${at}` }, spec: bound } as never)
  }
}
async function mutating(name: string, mutations: readonly object[], more: object = {}): Promise<void> {
  const spec = { matchConstraints: { resourceRules }, reinvocationPolicy: "Never", mutations, ...more }
  await client.of(MutatingAdmissionPolicy).create({ metadata: { name }, spec } as never)
  const bound = { metadata: { name }, spec: { policyName: name } }
  await client.of(MutatingAdmissionPolicyBinding).create(bound as never)
}
const apply = (expression: string) => ({ patchType: "ApplyConfiguration", applyConfiguration: { expression } })
const patch = (expression: string) => ({ patchType: "JSONPatch", jsonPatch: { expression } })

let count = 0
function deployment(replicas: number, labels: Record<string, string> = {}) {
  const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i" }] } }
  const spec = { replicas, selector: { matchLabels: { app: "a" } }, template }
  return { metadata: { name: `d${++count}`, namespace: "shop", labels }, spec }
}
const create = (replicas: number, labels?: Record<string, string>) =>
  client.of(Deployment).create(deployment(replicas, labels) as never)

async function refusal(promise: Promise<unknown>): Promise<StatusError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof StatusError, String(error))
  return error
}

test("a policy refuses in Kubernetes' words", async () => {
  await validating({ validations: [{ expression: "object.spec.replicas < 3" }] })
  await create(2)
  const error = await refusal(create(3))
  const text =
    "ValidatingAdmissionPolicy 'p' with binding 'b0' denied request: failed expression: object.spec.replicas < 3"
  assert.equal(error.message, `deployments.apps "d${count}" is forbidden: ${text}`)
  assert.deepEqual([error.code, error.reason], [422, "Invalid"])
  assert.deepEqual(error.details?.causes, [{ message: text }])
})

const messages: readonly { name: string; validation: object; message: string; code?: number }[] = [
  { name: "its message", validation: { message: "too many" }, message: "too many" },
  {
    name: "a computed message",
    validation: { message: "x", messageExpression: "'at most ' + string(variables.most)" },
    message: "at most 2",
  },
  {
    name: "its message when the computed one fails",
    validation: { message: "too many", messageExpression: "string(object.nothing.here)" },
    message: "too many",
  },
  { name: "its reason", validation: { message: "no", reason: "Forbidden" }, message: "no", code: 403 },
]
for (const { name, validation, message, code = 422 } of messages) {
  test(`a refusal shows ${name}`, async () => {
    await validating({
      variables: [
        { name: "most", expression: "2" },
        { name: "wanted", expression: "object.spec.replicas" },
      ],
      validations: [{ expression: "variables.wanted <= variables.most", ...validation }],
    })
    const error = await refusal(create(3))
    assert.ok(error.message.endsWith(`denied request: ${message}`), error.message)
    assert.equal(error.code, code)
  })
}

test("a policy that fails refuses, unless its failure policy says otherwise", async () => {
  await validating({ validations: [{ expression: "object.spec.nothing == 1" }] })
  assert.match(
    (await refusal(create(1))).message,
    /denied request: expression 'object.spec.nothing == 1' resulted in error: no such key: nothing$/,
  )
  await client.of(ValidatingAdmissionPolicy).delete({ name: "p" })
  await client.of(ValidatingAdmissionPolicyBinding).delete({ name: "b0" })
  await validating({ failurePolicy: "Ignore", validations: [{ expression: "object.spec.nothing == 1" }] })
  await create(1)
})

test("a policy is asked before the store refuses a version", async () => {
  await validating({ validations: [{ expression: "object.spec.replicas < 3", message: "too many" }] })
  const versioned = (replicas: number) => {
    const { metadata, spec } = deployment(replicas)
    return refusal(client.of(Deployment).create({ metadata: { ...metadata, resourceVersion: "1" }, spec } as never))
  }
  assert.match((await versioned(3)).message, /denied request: too many$/)
  assert.equal((await versioned(2)).message, "resourceVersion should not be set on objects to be created")
})

test("a binding may warn instead", async () => {
  await validating({ validations: [{ expression: "false", message: "hm" }] }, { validationActions: ["Warn", "Audit"] })
  await create(1)
  assert.deepEqual(api.warnings, ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b0': hm"])
})

test("expressions see the request, the namespace, what was before and who may what", async () => {
  await validating({
    matchConditions: [{ name: "updates", expression: "request.operation == 'UPDATE'" }],
    validations: [
      { expression: "request.userInfo.username == 'ada'" },
      { expression: "namespaceObject.metadata.labels.tier == 'gold'" },
      { expression: "oldObject.spec.replicas == 1 && object.spec.replicas == 2" },
      { expression: "authorizer.group('apps').resource('deployments').check('delete').allowed()" },
      { expression: "authorizer.requestResource.check('update').allowed()" },
    ],
  })
  const made = await create(1)
  await client.of(Deployment).update({ ...made, spec: { ...made.spec, replicas: 2 } } as never)
})

const paramKind = { apiVersion: "v1", kind: "ConfigMap" }
const limit = { paramKind, validations: [{ expression: "object.spec.replicas <= int(params.data.most)" }] }

test("a policy is evaluated for each of its parameters", async () => {
  await validating(limit, {
    paramRef: { selector: { matchLabels: { limits: "yes" } }, parameterNotFoundAction: "Deny" },
  })
  await create(2)
  await refusal(create(3))
})

test("parameters that are missing refuse, or are passed over, as the binding says", async () => {
  await validating(limit, { paramRef: { name: "none", parameterNotFoundAction: "Allow" } })
  await create(9)
  await client.of(ValidatingAdmissionPolicyBinding).delete({ name: "b0" })
  const spec = {
    policyName: "p",
    validationActions: ["Deny"],
    paramRef: { name: "none", parameterNotFoundAction: "Deny" },
  }
  await client.of(ValidatingAdmissionPolicyBinding).create({ metadata: { name: "b0" }, spec } as never)
  assert.match(
    (await refusal(create(1))).message,
    /denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction$/,
  )
})

test("a policy whose parameters are of an unknown kind cannot be applied", async () => {
  await validating({ ...limit, paramKind: { apiVersion: "example.com/v1", kind: "Limit" } })
  assert.match(
    (await refusal(create(1))).message,
    /ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'example.com\/v1, Kind=Limit'$/,
  )
})

test("bindings narrow a policy down", async () => {
  await validating(
    { validations: [{ expression: "false" }] },
    { matchResources: { objectSelector: { matchLabels: { a: "b" } } } },
  )
  await create(1)
  await refusal(create(1, { a: "b" }))
})

test("policies change objects by merging and by patching", async () => {
  await mutating("a", [
    apply(
      "Object{metadata: Object.metadata{annotations: {'tier': 'gold'}}, spec: Object.spec{replicas: object.spec.replicas + 1}}",
    ),
    patch("[JSONPatch{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey('a/b'), value: 'c'}]"),
  ])
  const { metadata, spec } = await create(1)
  assert.deepEqual({ ...metadata.annotations }, { tier: "gold", "a/b": "c" })
  assert.equal(spec.replicas, 2)
  assert.equal(spec.template.spec.containers.length, 1)
})

test("a list that can only be replaced as a whole is not merged", async () => {
  await mutating("a", [
    apply(
      "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [Object.spec.template.spec.containers{name: 'c', args: ['x']}]}}}}",
    ),
  ])
  const error = await refusal(create(1))
  assert.equal(
    error.message,
    "policy 'a' with binding 'a' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.template.spec.containers[0].args",
  )
  assert.deepEqual([error.code, error.reason], [403, "Invalid"])
})

test("a test in a patch that fails leaves the object alone", async () => {
  await mutating("a", [
    patch(
      "[JSONPatch{op: 'test', path: '/spec/replicas', value: 7}, JSONPatch{op: 'replace', path: '/spec/replicas', value: 3}]",
    ),
  ])
  assert.equal((await create(1)).spec.replicas, 1)
})

test("a policy that asks for it sees what later ones changed", async () => {
  await mutating(
    "a",
    [apply("Object{metadata: Object.metadata{annotations: {'seen': string(object.spec.replicas)}}}")],
    { reinvocationPolicy: "IfNeeded" },
  )
  await mutating("b", [apply("Object{spec: Object.spec{replicas: 4}}")])
  assert.equal((await create(1)).metadata.annotations?.["seen"], "4")
})
