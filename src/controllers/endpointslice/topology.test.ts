import assert from "node:assert/strict"
import { test } from "node:test"
import type { Endpoint } from "../../api/discovery/v1/endpoint-slice.ts"
import { node, service } from "../testing.ts"
import { isTopologyAware, shareOut, zoneShares } from "./topology.ts"

const worker = (name: string, zone: string | undefined, cpu = "4", ready = "True", labels = {}) =>
  node(name, {
    metadata: { labels: { ...(zone && { "topology.kubernetes.io/zone": zone }), ...labels } },
    status: { allocatable: { cpu }, conditions: [{ type: "Ready", status: ready }] },
  })
const endpoints = (...zones: (string | undefined)[]): Endpoint[] =>
  zones.map((zone, index) => ({
    addresses: [`10.0.0.${index}`],
    conditions: { ready: true },
    ...(zone && { zone }),
  })) as unknown as Endpoint[]

test("zones have their part of the CPUs of ready workers", () => {
  const nodes = [
    worker("a1", "a", "1500m"),
    worker("a2", "a", "500m"),
    worker("b1", "b", "2"),
    worker("b2", "b", "64", "Unknown"),
    worker("c1", "c", "64", "True", { "node-role.kubernetes.io/control-plane": "" }),
  ]
  assert.deepEqual(
    [...(zoneShares(nodes) ?? [])],
    [
      ["a", 0.5],
      ["b", 0.5],
    ],
  )
  assert.equal(zoneShares([worker("a1", "a"), worker("a2", "a")]), undefined)
  assert.equal(zoneShares([...nodes, worker("x", undefined)]), undefined)
  assert.equal(zoneShares([...nodes, worker("x", "a", "0")]), undefined)
})

const even = new Map([
  ["a", 0.5],
  ["b", 0.5],
])
const uneven = new Map([
  ["a", 0.75],
  ["b", 0.25],
])
const INSUFFICIENT = "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"
const OVERLOAD = "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold"

const cases = [
  { name: "all stay", zones: ["a", "a", "b", "b"], shares: even, want: "aabb" },
  { name: "one goes where one is missing", zones: ["a", "a", "a", "b"], shares: even, want: "baab" },
  { name: "by the size of the zones", zones: ["a", "a", "b", "b"], shares: uneven, want: "aaab" },
  { name: "a zone without any gets its part", zones: ["a", "a", "a", "a"], shares: even, want: "bbaa" },
  { name: "half an endpoint is not moved", zones: [..."aaaabbb"], shares: even, want: "aaaabbb" },
  { name: "too few", zones: ["a"], shares: even, want: "Insufficient number of endpoints (1 endpoints, 2 zones)" },
  {
    name: "too uneven",
    zones: ["a", "a", "b"],
    shares: new Map([
      ["a", 0.05],
      ["b", 0.95],
    ]),
    want: `${OVERLOAD} (3 endpoints, 2 zones)`,
  },
  {
    name: "an endpoint of no zone",
    zones: ["a", undefined],
    shares: even,
    want: "One or more endpoints do not have a zone specified",
  },
  { name: "unknown zones", zones: ["a", "b"], shares: undefined, want: INSUFFICIENT },
]
for (const { name, zones, shares, want } of cases) {
  test(`sharing out: ${name}`, () => {
    const all = endpoints(...zones)
    const shared = shareOut(all, shares)
    assert.equal("problem" in shared ? shared.problem : all.map((one) => shared.zones.get(one)).join(""), want)
  })
}

test("endpoints that are not ready are for nobody", () => {
  const [first, second, third] = endpoints("a", "b", "b")
  const all = [first, second, { ...third, conditions: { ready: false } }] as Endpoint[]
  const shared = shareOut(all, even)
  assert.deepEqual("zones" in shared && all.map((one) => shared.zones.get(one)), ["a", "b", undefined])
})

test("a service asks by annotation; the older one has priority", () => {
  const asking = (annotations: Record<string, string>) => isTopologyAware(service("s", { metadata: { annotations } }))
  assert.equal(asking({ "service.kubernetes.io/topology-mode": "Auto" }), true)
  assert.equal(asking({ "service.kubernetes.io/topology-mode": "PreferZone" }), false)
  assert.equal(
    asking({
      "service.kubernetes.io/topology-mode": "Auto",
      "service.kubernetes.io/topology-aware-hints": "Disabled",
    }),
    false,
  )
})
