import assert from "node:assert/strict"
import { test } from "node:test"
import type { APIService } from "../../api/apiregistration/v1/api-service.ts"
import type { Service } from "../../api/core/v1/service.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { findServiceProblem, LOCAL, PASSED, withFinding } from "./availability.ts"

/** Reasons and messages are those of kube-aggregator 1.36. */

const apiService = { spec: { service: { namespace: "ns", name: "api", port: 443 } } } as unknown as APIService
const service = (type: string, port: number): Service =>
  ({ metadata: { name: "api" }, spec: { type, ports: [{ name: "https", port }] } }) as unknown as Service
const slice = (name: string, ready: boolean | undefined): EndpointSlice =>
  ({
    endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready } }],
    ports: [{ name, port: 8443 }],
  }) as unknown as EndpointSlice

const cases: readonly {
  readonly name: string
  readonly service?: Service
  readonly slices?: readonly EndpointSlice[]
  readonly problem: string | undefined
}[] = [
  { name: "no service", problem: 'ServiceNotFound: service/api in "ns" is not present' },
  {
    name: "another port",
    service: service("ClusterIP", 80),
    problem: 'ServicePortError: service/api in "ns" is not listening on port 443',
  },
  {
    name: "no slices",
    service: service("ClusterIP", 443),
    problem: 'EndpointsNotFound: cannot find endpointslices for service/api in "ns"',
  },
  {
    name: "nobody ready",
    service: service("ClusterIP", 443),
    slices: [slice("https", false), slice("http", true)],
    problem: 'MissingEndpoints: endpointslices for service/api in "ns" have no addresses with port name "https"',
  },
  {
    name: "somebody ready",
    service: service("ClusterIP", 443),
    slices: [slice("https", undefined)],
    problem: undefined,
  },
  { name: "services of other types", service: service("ExternalName", 80), problem: undefined },
]
for (const { name, service: found, slices = [], problem } of cases) {
  test(`the service of an APIService: ${name}`, () => {
    const finding = findServiceProblem(apiService, found, slices)
    assert.equal(finding && `${finding.reason}: ${finding.message}`, problem)
    assert.equal(finding?.status, problem && "False")
  })
}

test("a condition keeps its time as long as it means the same", () => {
  const first = withFinding({}, PASSED, "2026-01-01T00:00:00Z")
  assert.deepEqual(first.conditions, [{ type: "Available", lastTransitionTime: "2026-01-01T00:00:00Z", ...PASSED }])
  assert.equal(withFinding(first, PASSED, "2026-01-02T00:00:00Z"), first)
  const local = withFinding(first, LOCAL, "2026-01-02T00:00:00Z").conditions?.[0]
  assert.deepEqual([local?.reason, local?.lastTransitionTime], ["Local", "2026-01-01T00:00:00Z"])
  const down = withFinding(first, { status: "False", reason: "Gone", message: "" }, "2026-01-02T00:00:00Z")
  assert.equal(down.conditions?.[0]?.lastTransitionTime, "2026-01-02T00:00:00Z")
})
