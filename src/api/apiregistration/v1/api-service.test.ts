import assert from "node:assert/strict"
import { test } from "node:test"
import { createErrors, defaulted, statusErrors, testContext } from "../../testing.ts"
import { APIService } from "./api-service.ts"

/** Messages and paths are those of Kubernetes 1.36, kube-aggregator/pkg/apis/apiregistration/validation. */

const priorities = { groupPriorityMinimum: 100, versionPriority: 10 }
const local = { group: "example.com", version: "v1", ...priorities }
const remote = { ...local, service: { namespace: "a", name: "b" } }
const cases: readonly {
  readonly name: string
  readonly called?: string
  readonly spec: object
  readonly errors: readonly string[]
}[] = [
  { name: "a good one", spec: remote, errors: [] },
  {
    name: "a name that does not fit",
    called: "v2.example.com",
    spec: remote,
    errors: ['metadata.name: Invalid value: "v2.example.com": must be `spec.version+"."+spec.group`: "v1.example.com"'],
  },
  {
    name: "no group",
    called: "v2.",
    spec: { version: "v2", groupPriorityMinimum: 20001 },
    errors: [
      "spec.group: Required value: only v1 may have an empty group and it better be legacy kube",
      "spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000",
      "spec.versionPriority: Invalid value: 0: must be positive and less than 1000",
    ],
  },
  {
    name: "a local one with what only remote ones have",
    spec: { ...local, caBundle: "YWJj", insecureSkipTLSVerify: true },
    errors: [
      'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
      "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify",
    ],
  },
  {
    name: "a service that says too little, and two ways to check it",
    spec: { ...local, caBundle: "YWJj", insecureSkipTLSVerify: true, service: { port: 0 } },
    errors: [
      "spec.service.namespace: Required value",
      "spec.service.name: Required value",
      "spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
      "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present",
    ],
  },
]
for (const { name, called = "v1.example.com", spec, errors } of cases) {
  test(`API service: ${name}`, () => {
    assert.deepEqual(createErrors(APIService, { metadata: { name: called }, spec }), errors)
  })
}

function cells(object: object): unknown {
  return APIService.columns.slice(0, 2).map(({ value }) => value(object as never, 0))
}

test("what this server answers itself is available at once; of others it is not known", () => {
  const own = defaulted(APIService, { spec: local })
  APIService.strategy.prepareCreate?.(own as never, testContext)
  assert.deepEqual(cells(own), ["Local", "True"])
  const other = defaulted(APIService, { spec: remote })
  APIService.strategy.prepareCreate?.(other as never, testContext)
  assert.equal(other.spec.service?.port, 443)
  assert.deepEqual(cells(other), ["a/b", "Unknown"])
  const conditions = [{ type: "Available", status: "False", reason: "Gone" }]
  assert.deepEqual(cells(defaulted(APIService, { spec: remote, status: { conditions } })), ["a/b", "False (Gone)"])
})

test("a condition's status is one of three words", () => {
  const status = { conditions: [{ type: "Available", status: "Maybe" }] }
  assert.deepEqual(statusErrors(APIService, {}, { status }), [
    'status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"',
  ])
})
