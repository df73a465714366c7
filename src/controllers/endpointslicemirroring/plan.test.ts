import assert from "node:assert/strict"
import { test } from "node:test"
import type { Endpoints } from "../../api/core/v1/endpoints.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { mirroredAnnotations, mirroredLabels, plan, shouldMirror } from "./plan.ts"

interface Subset {
  readonly ready?: readonly string[]
  readonly notReady?: readonly string[]
  readonly ports?: readonly number[]
}

const addresses = (ips: readonly string[] = []) => ips.map((ip) => ({ ip }))
const endpoints = (subsets: readonly Subset[], metadata: object = {}): Endpoints =>
  ({
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "db", namespace: "default", uid: "e", labels: { app: "db" }, ...metadata },
    subsets: subsets.map(({ ready, notReady, ports = [] }) => ({
      addresses: addresses(ready),
      notReadyAddresses: addresses(notReady),
      ports: ports.map((port) => ({ port, protocol: "TCP" })),
    })),
  }) as unknown as Endpoints
const owner = { apiVersion: "v1", kind: "Endpoints", name: "db", uid: "e", controller: true }

function slice(name: string, of: Endpoints, ips: readonly string[], ports: readonly number[], more: object = {}) {
  return {
    addressType: ips[0]?.includes(":") ? "IPv6" : "IPv4",
    ports: ports.map((port) => ({ name: "", port, protocol: "TCP" })),
    endpoints: ips.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    metadata: {
      name,
      labels: mirroredLabels(of),
      annotations: mirroredAnnotations(of),
      ownerReferences: [owner],
      ...more,
    },
  } as unknown as EndpointSlice
}

function told(of: Endpoints, slices: readonly EndpointSlice[] = []): string[] {
  return plan(of, slices).map((step) => {
    if (step.do === "warn") return `${step.reason}: ${step.message}`
    if (step.do === "delete") return `delete ${step.slice.metadata.name}`
    const { group } = step
    const ips = group.endpoints.map(({ addresses: [ip], conditions }) => (conditions.ready ? ip : `(${ip})`))
    const what = `${group.addressType} ${ips.join(",")} at ${group.ports.map(({ port }) => port).join(",")}`
    return step.do === "create" ? `create ${what}` : `update ${step.slice.metadata.name} to ${what}`
  })
}

const one = endpoints([{ ready: ["10.0.0.1"], ports: [80] }])
const annotated = endpoints([{ ready: ["10.0.0.1"], ports: [80] }], {
  annotations: { note: "x", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
})
const many = Array.from({ length: 1001 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
const cases: readonly [string, Endpoints, readonly EndpointSlice[], readonly string[]][] = [
  ["nothing", endpoints([]), [], []],
  ["one address", one, [], ["create IPv4 10.0.0.1 at 80"]],
  ["what is there already", one, [slice("a", one, ["10.0.0.1"], [80])], []],
  [
    "readiness and both families",
    endpoints([{ ready: ["10.0.0.1", "fd00::1"], notReady: ["10.0.0.2"], ports: [80] }]),
    [],
    ["create IPv4 10.0.0.1,(10.0.0.2) at 80", "create IPv6 fd00::1 at 80"],
  ],
  ["no ports", endpoints([{ ready: ["10.0.0.1"] }]), [], ["create IPv4 10.0.0.1 at "]],
  [
    "subsets cut by port, put together",
    endpoints([
      { ready: ["10.0.0.1"], ports: [80] },
      { ready: ["10.0.0.1"], ports: [443] },
    ]),
    [],
    ["create IPv4 10.0.0.1 at 80,443"],
  ],
  [
    "subsets cut by address, put together; not ready wins",
    endpoints([
      { ready: ["10.0.0.1"], notReady: ["10.0.0.2"], ports: [80] },
      { ready: ["10.0.0.2"], ports: [80] },
    ]),
    [],
    ["create IPv4 10.0.0.1,(10.0.0.2) at 80"],
  ],
  ["another address", one, [slice("a", one, ["10.0.0.9"], [80])], ["update a to IPv4 10.0.0.1 at 80"]],
  ["another port, in the same slice", one, [slice("a", one, ["10.0.0.1"], [81])], ["update a to IPv4 10.0.0.1 at 80"]],
  ["no address any more", endpoints([]), [slice("a", one, ["10.0.0.1"], [80])], ["delete a"]],
  ["slices too many", one, [slice("a", one, ["10.0.0.1"], [80]), slice("b", one, ["10.0.0.1"], [80])], ["delete b"]],
  ["annotations of its own do not count", annotated, [slice("a", annotated, ["10.0.0.1"], [80])], []],
  ["a new annotation", annotated, [slice("a", one, ["10.0.0.1"], [80])], ["update a to IPv4 10.0.0.1 at 80"]],
  [
    "an object that was made anew",
    one,
    [slice("a", one, ["10.0.0.1"], [80], { ownerReferences: [{ ...owner, uid: "old" }] })],
    ["update a to IPv4 10.0.0.1 at 80"],
  ],
  [
    "invalid addresses",
    endpoints([{ ready: ["10.0.0.1", "db.example"], ports: [80] }]),
    [],
    ["InvalidIPAddress: Skipped 1 invalid IP addresses when mirroring to EndpointSlices", "create IPv4 10.0.0.1 at 80"],
  ],
  ["an object that goes makes nothing new", endpoints([{ ready: ["10.0.0.1"] }], { deletionTimestamp: "x" }), [], []],
]
for (const [name, of, slices, steps] of cases) {
  test(`mirrors ${name}`, () => assert.deepEqual(told(of, slices), steps))
}

test("mirrors a thousand addresses, and tells of the others", () => {
  const steps = plan(endpoints([{ ready: many, ports: [80] }]), [])
  const [warning, creation] = steps
  assert.deepEqual(warning, {
    do: "warn",
    reason: "TooManyAddressesToMirror",
    message: "A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 1 addresses were skipped",
  })
  assert.equal(creation?.do === "create" && creation.group.endpoints.length, 1000)
  assert.equal(steps.length, 2)
})

test("leaves out what says so, and records of leaders", () => {
  const label = (value: string) => endpoints([], { labels: { "endpointslice.kubernetes.io/skip-mirror": value } })
  const leader = endpoints([], { annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } })
  assert.deepEqual([one, label("true"), label("false"), leader].map(shouldMirror), [true, false, true, false])
})
