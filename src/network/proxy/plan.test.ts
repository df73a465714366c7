import assert from "node:assert/strict"
import { test } from "node:test"
import { endpoint, port, service, slice } from "../testing/objects.ts"
import { planService } from "./plan.ts"

const node = { nodeName: "here", zone: "a", podCidr: "10.244.0.0/24" }
const web = { clusterIP: "10.96.0.1", ports: [port(80)] }
const here = (address: string, state?: Parameters<typeof endpoint>[2]) => endpoint(address, "here", state)
const there = (address: string, state?: Parameters<typeof endpoint>[2]) => endpoint(address, "there", state)
const hinted = (address: string, zones: readonly string[], nodes: readonly string[] = [], state: State = "ready") => {
  const named = (names: readonly string[]) => names.map((name) => ({ name }))
  return endpoint(address, "there", state, { hints: { forZones: named(zones), forNodes: named(nodes) } })
}
type State = NonNullable<Parameters<typeof endpoint>[2]>
/** Names without what tells services apart: `cluster-1f0c2a9b/default/web/tcp/80` becomes `cluster-*`. */
const shorten = (text: string) =>
  text.replaceAll(/(cluster|local|external|masquerade|sources)-[0-9a-f]{8}\/\S+\d/g, "$1-*")

const cases: {
  readonly name: string
  readonly spec: Parameters<typeof service>[1]
  readonly loadBalancerIp?: string
  readonly endpoints: readonly ReturnType<typeof endpoint>[]
  readonly items: readonly string[]
}[] = [
  {
    name: "a cluster IP is elements only",
    spec: web,
    endpoints: [there("10.244.1.2"), there("10.244.1.3")],
    items: [
      "element endpoints-0 10.96.0.1 . tcp . 80 = 10.244.1.2 . 8080",
      "element endpoints-1 10.96.0.1 . tcp . 80 = 10.244.1.3 . 8080",
      "element service-ips 10.96.0.1 . tcp . 80 = goto pick-2",
    ],
  },
  {
    name: "endpoints on this node may reach themselves",
    spec: web,
    endpoints: [here("10.244.0.2")],
    items: [
      "element endpoints-0 10.96.0.1 . tcp . 80 = 10.244.0.2 . 8080",
      "element hairpin 10.244.0.2 . 10.244.0.2 = ",
      "element service-ips 10.96.0.1 . tcp . 80 = goto pick-1",
    ],
  },
  { name: "no endpoints", spec: web, endpoints: [], items: ["element refused-ips 10.96.0.1 . tcp . 80 = "] },
  {
    name: "endpoints that are not ready do not count, nor do those that have stopped serving",
    spec: web,
    endpoints: [there("10.244.1.2", "unready"), there("10.244.1.3", "gone")],
    items: ["element refused-ips 10.96.0.1 . tcp . 80 = "],
  },
  {
    name: "an endpoint that ends gets nothing new while another is ready",
    spec: web,
    endpoints: [there("10.244.1.2", "terminating"), there("10.244.1.3")],
    items: [
      "element endpoints-0 10.96.0.1 . tcp . 80 = 10.244.1.3 . 8080",
      "element service-ips 10.96.0.1 . tcp . 80 = goto pick-1",
    ],
  },
  {
    name: "the last endpoints serve until they are gone",
    spec: web,
    endpoints: [there("10.244.1.2", "terminating"), there("10.244.1.3", "gone")],
    items: [
      "element endpoints-0 10.96.0.1 . tcp . 80 = 10.244.1.2 . 8080",
      "element service-ips 10.96.0.1 . tcp . 80 = goto pick-1",
    ],
  },
  {
    name: "internal policy Local uses this node's endpoints",
    spec: { ...web, internalTrafficPolicy: "Local" },
    endpoints: [here("10.244.0.2"), there("10.244.1.2")],
    items: [
      "element endpoints-0 10.96.0.1 . tcp . 80 = 10.244.0.2 . 8080",
      "element hairpin 10.244.0.2 . 10.244.0.2 = ",
      "element service-ips 10.96.0.1 . tcp . 80 = goto pick-1",
    ],
  },
  {
    name: "internal policy Local drops when the endpoints are elsewhere",
    spec: { ...web, internalTrafficPolicy: "Local" },
    endpoints: [there("10.244.1.2")],
    items: ["element service-ips 10.96.0.1 . tcp . 80 = drop"],
  },
  {
    name: "node ports and external addresses hide the client",
    spec: { ...web, type: "NodePort", ports: [port(80, { nodePort: 30080 })], externalIPs: ["192.0.2.7", "fd00::7"] },
    endpoints: [there("10.244.1.2")],
    items: [
      "element endpoints-0 10.96.0.1 . tcp . 80 = 10.244.1.2 . 8080",
      "element endpoints-0 192.0.2.7 . tcp . 80 = 10.244.1.2 . 8080",
      "element node-endpoints-0 tcp . 30080 = 10.244.1.2 . 8080",
      "element node-ports tcp . 30080 = goto node-pick-1",
      "element service-ips 10.96.0.1 . tcp . 80 = goto pick-1",
      "element service-ips 192.0.2.7 . tcp . 80 = goto masquerade-pick-1",
    ],
  },
  {
    name: "external policy Local drops without endpoints here, but not for the node itself and its pods",
    spec: { ...web, ports: [port(80, { nodePort: 30080 })], externalTrafficPolicy: "Local" },
    endpoints: [there("10.244.1.2")],
    items: [
      "chain cluster-* = meta l4proto tcp dnat ip to 10.244.1.2:8080",
      "chain external-* = fib saddr type local meta mark set meta mark or 0x4000 goto cluster-* | ip saddr 10.244.0.0/24 goto cluster-* | drop",
      "element endpoints-0 10.96.0.1 . tcp . 80 = 10.244.1.2 . 8080",
      "element node-ports tcp . 30080 = goto external-*",
      "element service-ips 10.96.0.1 . tcp . 80 = goto pick-1",
    ],
  },
  {
    name: "a load balancer admits its source ranges only",
    spec: { ...web, loadBalancerSourceRanges: ["198.51.100.0/24 "] },
    loadBalancerIp: "192.0.2.9",
    endpoints: [there("10.244.1.2")],
    items: [
      "chain sources-* = ip saddr != { 198.51.100.0/24 } drop | goto masquerade-pick-1",
      "element endpoints-0 10.96.0.1 . tcp . 80 = 10.244.1.2 . 8080",
      "element endpoints-0 192.0.2.9 . tcp . 80 = 10.244.1.2 . 8080",
      "element service-ips 10.96.0.1 . tcp . 80 = goto pick-1",
      "element service-ips 192.0.2.9 . tcp . 80 = goto sources-*",
    ],
  },
  { name: "headless", spec: { ...web, clusterIP: "None" }, endpoints: [there("10.244.1.2")], items: [] },
  { name: "external name", spec: { ...web, type: "ExternalName" }, endpoints: [there("10.244.1.2")], items: [] },
]

for (const { name, spec, loadBalancerIp, endpoints, items } of cases) {
  test(name, () => {
    const plan = planService(service("web", spec, loadBalancerIp), [slice("web", 8080, endpoints)], node)
    const found = [...plan.items].map(([key, value]) => shorten(`${key} = ${value.replaceAll("\n", " | ")}`))
    assert.deepEqual(found.sort(), items)
  })
}

test("many endpoints and session affinity get chains of their own", () => {
  const endpoints = Array.from({ length: 33 }, (_, index) => there(`10.244.1.${index + 2}`))
  const many = planService(service("web", web), [slice("web", 8080, endpoints)], node)
  assert.deepEqual([...many.items.keys()].map(shorten), ["chain cluster-*", "element service-ips 10.96.0.1 . tcp . 80"])
  const sticky = { ...web, sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }
  const plan = planService(
    service("web", sticky),
    [slice("web", 8080, [there("10.244.1.2"), there("10.244.1.3")])],
    node,
  )
  const sets = [...plan.items].filter(([key]) => key.startsWith("set ")).map(([, value]) => value)
  const declaration = "type ipv4_addr; flags dynamic,timeout; timeout 60s; size 65535;"
  assert.deepEqual(sets, [declaration, declaration])
})

test("an endpoint that moves between slices stands once", () => {
  const slices = [slice("web", 8080, [there("10.244.1.2", "unready")]), slice("web", 8080, [there("10.244.1.2")])]
  assert.equal(
    planService(service("web", web), slices, node).items.get("element service-ips 10.96.0.1 . tcp . 80"),
    "goto pick-1",
  )
})

test("load balancers with external policy Local tell of this node's endpoints", () => {
  const spec = { ...web, externalTrafficPolicy: "Local", healthCheckNodePort: 31000 }
  const endpoints = [here("10.244.0.2"), here("10.244.0.3", "unready"), there("10.244.1.2")]
  const { healthCheck } = planService(service("web", spec), [slice("web", 8080, endpoints)], node)
  assert.deepEqual(healthCheck, { port: 31000, localEndpoints: 1 })
})

const [NEAR, FAR, THIRD] = ["10.244.1.2", "10.244.2.2", "10.244.2.3"]
const preferences: readonly [string, readonly ReturnType<typeof endpoint>[], readonly string[]][] = [
  ["the zone's", [hinted(NEAR, ["a"]), hinted(FAR, ["b"])], [NEAR]],
  ["all when one has no hint", [hinted(NEAR, ["a"]), hinted(FAR, ["b"]), there(THIRD)], [NEAR, FAR, THIRD]],
  ["all when none is for the zone", [hinted(FAR, ["b"]), hinted(THIRD, ["c"])], [FAR, THIRD]],
  ["the node's before the zone's", [hinted(NEAR, ["a"], ["here"]), hinted(FAR, ["a"], ["there"])], [NEAR]],
  ["the zone's when none is the node's", [hinted(NEAR, ["a"], ["x"]), hinted(FAR, ["b"], ["y"])], [NEAR]],
  ["not those that are unready", [hinted(NEAR, ["a"], [], "unready"), hinted(FAR, ["b"])], [FAR]],
  [
    "those that end, wherever they are",
    [hinted(NEAR, ["a"], [], "terminating"), hinted(FAR, ["b"], [], "terminating")],
    [NEAR, FAR],
  ],
]
for (const [name, endpoints, chosen] of preferences) {
  test(`hints lead to ${name}`, () => {
    const { items } = planService(service("web", web), [slice("web", 8080, endpoints)], node)
    const targets = [...items].flatMap(([key, value]) =>
      key.startsWith("element endpoints-") ? value.split(" ")[0] : [],
    )
    assert.deepEqual(targets, chosen)
  })
}

test("policy Local knows no hints", () => {
  const elsewhere = { ...here("10.244.0.2"), hints: { forZones: [{ name: "b" }] } }
  const spec = { ...web, internalTrafficPolicy: "Local" }
  const { items } = planService(service("web", spec), [slice("web", 8080, [elsewhere, hinted(NEAR, ["a"])])], node)
  assert.equal(items.get("element endpoints-0 10.96.0.1 . tcp . 80"), "10.244.0.2 . 8080")
})
