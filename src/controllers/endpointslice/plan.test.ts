import assert from "node:assert/strict"
import { test } from "node:test"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { node, pod, readyPod, service } from "../testing.ts"
import { type EndpointGroup, groupEndpoints } from "./endpoints-of.ts"
import { plan, sliceLabels } from "./plan.ts"

const web = service("web", {
  spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
})
const ports = [{ name: "http", protocol: "TCP", port: 8080 }]
const endpoint = (ip: string) => ({ addresses: [ip], conditions: { ready: true }, targetRef: { uid: ip } })
const ips = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `10.0.${(from + index) >> 8}.${(from + index) & 255}`)
const group = (addresses: readonly string[]): EndpointGroup => ({
  addressType: "IPv4",
  ports,
  endpoints: addresses.map(endpoint),
})
const slice = (name: string, addresses: readonly string[], of = ports): EndpointSlice =>
  ({
    metadata: { name, namespace: "default", labels: sliceLabels(web) },
    addressType: "IPv4",
    ports: of,
    endpoints: addresses.map(endpoint),
  }) as unknown as EndpointSlice

function told(groups: readonly EndpointGroup[], slices: readonly EndpointSlice[]): string[] {
  return plan(web, groups, slices).map((step) =>
    step.do === "create"
      ? `create ${step.endpoints.length}`
      : `${step.do} ${step.slice.metadata.name}${step.do === "update" ? ` to ${step.endpoints.length}` : ""}`,
  )
}

const cases: readonly { name: string; groups: EndpointGroup[]; slices: EndpointSlice[]; steps: string[] }[] = [
  { name: "publishes that there is nothing", groups: [], slices: [], steps: ["create 0"] },
  { name: "keeps an empty slice", groups: [], slices: [slice("a", [], [])], steps: [] },
  {
    name: "makes slices of at most a hundred",
    groups: [group(ips(250))],
    slices: [],
    steps: ["create 100", "create 100", "create 50"],
  },
  { name: "is content", groups: [group(ips(3))], slices: [slice("a", ips(3))], steps: [] },
  {
    name: "changes only the slice of the endpoint that left",
    groups: [group(ips(149))],
    slices: [slice("a", ips(100)), slice("b", ips(50, 100))],
    steps: ["update b to 49"],
  },
  {
    name: "fills the fullest slice first",
    groups: [group(ips(153))],
    slices: [slice("a", ips(50, 100)), slice("b", ips(99))],
    steps: ["update a to 53", "update b to 100"],
  },
  {
    name: "removes what became empty",
    groups: [group(ips(2))],
    slices: [slice("a", ips(2)), slice("b", ips(2, 9))],
    steps: ["delete b"],
  },
  {
    name: "keeps one slice when all endpoints of a port left",
    groups: [group([])],
    slices: [slice("a", ips(1)), slice("b", ips(1, 9))],
    steps: ["update a to 0", "delete b"],
  },
  {
    name: "moves to new slices when the ports change",
    groups: [group(ips(1))],
    slices: [slice("a", ips(1), [{ name: "http", protocol: "TCP", port: 9 }])],
    steps: ["create 1", "delete a"],
  },
]
for (const { name, groups, slices, steps } of cases) {
  test(`plan: ${name}`, () => assert.deepEqual(told(groups, slices), steps))
}

test("endpoints carry readiness, termination and the port that each pod names", () => {
  const listening = (containerPort: number) => ({
    spec: { containers: [{ name: "c", ports: [{ name: "http", containerPort }] }] },
  })
  const at = "2026-01-01T00:00:00Z"
  const groups = groupEndpoints(
    web,
    [
      readyPod("a", at, listening(8080)),
      readyPod("b", at, { ...listening(8080), metadata: { deletionTimestamp: at } }),
      readyPod("c", at, listening(9090)),
      pod("pending", listening(8080)),
      readyPod("done", at, { ...listening(8080), status: { phase: "Succeeded", podIP: "10.0.0.1" } }),
    ],
    new Map(),
  )
  const shown = groups.map((one) => [
    one.ports[0]?.port,
    ...one.endpoints.map(({ targetRef, conditions }) => [
      targetRef?.name,
      conditions.ready,
      conditions.serving,
      conditions.terminating,
    ]),
  ])
  assert.deepEqual(shown, [
    [8080, ["a", true, true, false], ["b", false, true, true]],
    [9090, ["c", true, true, false]],
  ])
})

const zoned = node("n1", { metadata: { labels: { "topology.kubernetes.io/zone": "a" } } })
const nowhere = node("n1")
const hintCases: readonly [string, object, object, unknown][] = [
  ["none", {}, zoned, undefined],
  ["the zone", { trafficDistribution: "PreferSameZone" }, zoned, { forZones: [{ name: "a" }] }],
  ["the zone by its older name", { trafficDistribution: "PreferClose" }, zoned, { forZones: [{ name: "a" }] }],
  ["no zone where there is none", { trafficDistribution: "PreferClose" }, nowhere, undefined],
  [
    "the node",
    { trafficDistribution: "PreferSameNode" },
    zoned,
    { forZones: [{ name: "a" }], forNodes: [{ name: "n1" }] },
  ],
  ["the node alone", { trafficDistribution: "PreferSameNode" }, nowhere, { forNodes: [{ name: "n1" }] }],
]
for (const [name, spec, on, hints] of hintCases) {
  test(`hints: ${name}`, () => {
    const asked = service("web", { spec: { selector: { app: "web" }, ports: [{ port: 80 }], ...spec } })
    const at = "2026-01-01T00:00:00Z"
    const pods = [readyPod("a", at), readyPod("b", at, { status: { conditions: [] } })]
    const [found] = groupEndpoints(asked, pods, new Map([["n1", on as ReturnType<typeof node>]]))
    assert.deepEqual(
      found?.endpoints.map((one) => one.hints),
      [hints, undefined],
    )
  })
}
