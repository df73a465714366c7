import assert from "node:assert/strict"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { createBridgeNetwork } from "../cni/bridge-network.ts"
import { cannotRun, createTestBed, platform, podRequest } from "../testing/namespaces.ts"
import { endpoint, port, service, slice } from "../testing/objects.ts"
import { createServiceProxy } from "./service-proxy.ts"

const rangesWith = (loadBalancerCidrs: readonly string[]) => [
  { podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" },
  {
    podCidr: "fd00:10:244::/64",
    clusterCidr: "fd00:10:244::/48",
    serviceCidr: "fd00:10:96::/112",
    loadBalancerCidrs,
  },
]
const NODE_IPS = ["192.0.2.1", "fd00:192::1"] as const
const [CLIENT, B, C] = ["fd00:10:244::3", "fd00:10:244::4", "fd00:10:244::5"]
const GATEWAY = "fd00:10:244::1"
const IP = "fd00:10:96::20"

/** A node of both families with three pods (a client, servers b and c), and a machine outside. */
async function nodeWithPods(t: TestContext, loadBalancerCidrs = ["fd00:10:90::/112"]) {
  const bed = createTestBed(t)
  const ranges = rangesWith(loadBalancerCidrs)
  const [node, world] = [bed.namespace("node"), bed.namespace("world")]
  const pods = { client: bed.namespace("client"), b: bed.namespace("b"), c: bed.namespace("c") }
  bed.connect(
    { netns: node, name: "up0", address: `${NODE_IPS[0]}/24` },
    { netns: world, name: "up0", address: "192.0.2.2/24" },
  )
  await bed.run(node, "ip", "address", "add", `${NODE_IPS[1]}/64`, "dev", "up0", "nodad")
  await bed.run(world, "ip", "address", "add", "fd00:192::2/64", "dev", "up0", "nodad")
  await bed.run(world, "ip", "route", "add", "default", "via", NODE_IPS[1])
  await bed.run(node, "ip", "route", "add", "default", "via", "fd00:192::2")
  const network = createBridgeNetwork({
    name: "gtest0",
    ranges,
    stateDir: join(bed.dir, "state"),
    netns: node,
    platform,
  })
  bed.defer(() => network.close())
  await network.start()
  const proxy = createServiceProxy({
    name: "gtest0",
    ranges,
    nodeName: "here",
    nodeIps: NODE_IPS,
    netns: node,
    platform,
  })
  bed.defer(() => proxy.close())
  for (const [id, netns] of Object.entries(pods)) {
    const portMappings =
      id === "c" ? ([{ protocol: "TCP", containerPort: 80, hostPort: 8088, hostIp: "" }] as const) : []
    await network.setUp(podRequest(id, netns, { portMappings }))
    await bed.serve(netns, 80, id)
  }
  return { bed, node, world, ...pods, network, proxy }
}

const here = (ip: string, state?: Parameters<typeof endpoint>[2]) => endpoint(ip, "here", state)
const slice6 = (...parts: Parameters<typeof slice>): EndpointSlice =>
  ({ ...slice(...parts), addressType: "IPv6" }) as EndpointSlice
const web = {
  clusterIP: IP,
  clusterIPs: [IP, "10.96.0.20"],
  ports: [port(8080, { nodePort: 30080 })],
  externalIPs: ["fd00:203::9"],
}

test("a service of both families answers at all its addresses", { skip: cannotRun }, async (t) => {
  const { bed, node, world, client, b, proxy } = await nodeWithPods(t)
  const slices = [slice6("web", 80, [here(B)]), slice("web", 80, [here("10.244.0.3")])]
  proxy.set(service("web", web, "fd00:10:90::7"), slices)
  await proxy.start()
  assert.equal(await bed.ask(client, IP, 8080), `b ${CLIENT}`)
  assert.equal(await bed.ask(client, "10.96.0.20", 8080), "b 10.244.0.2")
  for (const from of [node, world, b]) assert.equal(await bed.ask(from, IP, 8080), `b ${GATEWAY}`)
  for (const from of [node, world, client, b]) {
    assert.equal(await bed.ask(from, NODE_IPS[1], 30080), `b ${GATEWAY}`)
    assert.equal(await bed.ask(from, "fd00:203::9", 8080), `b ${GATEWAY}`)
    assert.equal(await bed.ask(from, "fd00:10:90::7", 8080), `b ${GATEWAY}`)
  }
  assert.equal(await bed.ask(node, "127.0.0.1", 30080), "b 10.244.0.1")
  // As with kube-proxy; whoever asks for "localhost" then tries IPv4.
  assert.equal(await bed.ask(node, "::1", 30080), "refused")
  assert.equal(await bed.ask(node, "::1", 8088), "refused")

  // One family has lost its endpoints.
  proxy.set(service("web", web), [slice6("web", 80, [here(B, "unready")]), slice("web", 80, [here("10.244.0.3")])])
  await proxy.settled()
  for (const from of [client, node, world]) {
    assert.equal(await bed.ask(from, IP, 8080), "refused")
    assert.equal(await bed.ask(from, NODE_IPS[1], 30080), "refused")
    assert.equal(await bed.ask(from, "fd00:10:90::7", 8080), "refused")
  }
  assert.equal(await bed.ask(client, "10.96.0.20", 8080), "b 10.244.0.2")

  await proxy.destroy()
  const tables = ["table ip gtest0-pods", "table ip6 gtest0-pods", "table bridge gtest0-ports"]
  assert.deepEqual((await bed.run(node, "nft", "list", "tables")).split("\n").sort(), tables.sort())
})

test("an address is one address in whatever spelling services ask for it", { skip: cannotRun }, async (t) => {
  const { bed, client, proxy } = await nodeWithPods(t)
  const asking = (clusterIP: string, ...externalIPs: string[]) => ({ clusterIP, externalIPs, ports: [port(8080)] })
  proxy.set(service("first", asking(IP, "fd00:203::9", "FD00:203::9")), [slice6("first", 80, [here(B)])])
  proxy.set(service("second", asking("FD00:10:96::21", "fd00:203:0:0::9")), [slice6("second", 80, [here(C)])])
  await proxy.start()
  assert.equal(await bed.ask(client, "fd00:203::9", 8080), `b ${GATEWAY}`)
  assert.equal(await bed.ask(client, "fd00:10:96::21", 8080), `c ${CLIENT}`)
  proxy.remove("default/first")
  await proxy.settled()
  assert.equal(await bed.ask(client, "fd00:203::9", 8080), `c ${GATEWAY}`)
})

test("nothing leaks: what nobody has is refused", { skip: cannotRun }, async (t) => {
  const { bed, node, client, proxy } = await nodeWithPods(t)
  await proxy.start()
  for (const from of [node, client]) {
    assert.equal(await bed.ask(from, "fd00:10:96::99", 80), "refused")
    assert.equal(await bed.ask(from, "fd00:10:90::99", 80), "refused")
    assert.equal(await bed.ask(from, "fd00:10:244:7::3", 80), "refused")
    assert.equal(await bed.askUdp(from, "fd00:10:96::99", 53), "refused")
  }
})

test("host ports and the world, by IPv6", { skip: cannotRun }, async (t) => {
  const { bed, node, world, client, c, network } = await nodeWithPods(t)
  await bed.serve(world, 81, "world")
  assert.equal(await bed.ask(client, "fd00:192::2", 81), `world ${NODE_IPS[1]}`)
  assert.equal(await bed.ask(world, NODE_IPS[1], 8088), "c fd00:192::2")
  assert.equal(await bed.ask(client, NODE_IPS[1], 8088), `c ${CLIENT}`)
  assert.equal(await bed.ask(c, NODE_IPS[1], 8088), `c ${GATEWAY}`)
  assert.equal(await bed.ask(node, C, 80), `c ${GATEWAY}`)

  const firewall = ["input", "forward"].map(
    (hook) =>
      `chain ${hook} { type filter hook ${hook} priority 0; policy drop; icmpv6 type nd-neighbor-advert accept; };`,
  )
  await bed.run(node, "nft", `table ip6 filter { ${firewall.join(" ")} }`)
  assert.deepEqual(await network.repair(), [
    "the firewall ip6 filter input dropped what pods send and receive",
    "the firewall ip6 filter forward dropped what pods send and receive",
  ])
  await bed.serve(node, 82, "node")
  assert.equal(await bed.ask(client, GATEWAY, 82), `node ${CLIENT}`)
  assert.equal(await bed.ask(world, C, 80), "c fd00:192::2")
  assert.equal(await bed.ask(client, NODE_IPS[1], 8088), `c ${CLIENT}`)
})

test("other machines of the node's network find addresses of load balancers there, by IPv6", {
  skip: cannotRun,
}, async (t) => {
  const { bed, world, proxy } = await nodeWithPods(t, ["fd00:192::40/124"])
  proxy.set(service("web", web, "fd00:192::4a"), [slice6("web", 80, [here(B)])])
  await proxy.start()
  // As a neighbour: this machine has no other way there.
  await bed.run(world, "ip", "-6", "route", "delete", "default")
  assert.equal(await bed.ask(world, "fd00:192::4a", 8080), "b fd00:10:244::1")
  assert.equal(await bed.ask(world, "fd00:192::4b", 8080), "refused")
  assert.match(await bed.run(world, "ip", "-6", "neigh", "show", "fd00:192::4a"), /lladdr/)
})

test("policies, affinity and source ranges hold by IPv6", { skip: cannotRun }, async (t) => {
  const { bed, world, client, proxy } = await nodeWithPods(t)
  const both = [slice6("web", 80, [here(B), here(C)])]
  proxy.set(service("sticky", { ...web, externalIPs: [], sessionAffinity: "ClientIP" }), both)
  const local = { clusterIP: "fd00:10:96::21", externalTrafficPolicy: "Local", type: "LoadBalancer" } as const
  const ports = [port(8080, { nodePort: 30081 })]
  proxy.set(service("local", { ...local, ports, healthCheckNodePort: 31081 }), [slice6("local", 80, [here(B)])])
  const away = {
    ...local,
    clusterIP: "fd00:10:96::22",
    ports: [port(8080)],
    loadBalancerSourceRanges: ["fd00:99::/64"],
  }
  proxy.set(service("closed", away, "fd00:10:90::8"), [slice6("closed", 80, [here(C)])])
  const near = { ...away, clusterIP: "fd00:10:96::23", loadBalancerSourceRanges: ["fd00:192::/64", "192.0.2.0/24"] }
  proxy.set(service("open", near, "fd00:10:90::9"), [slice6("open", 80, [here(C)])])
  await proxy.start()
  const sticky = new Set<string>()
  for (let time = 0; time < 12; time++) sticky.add(await bed.ask(client, IP, 8080))
  assert.equal(sticky.size, 1)
  assert.equal(await bed.ask(world, NODE_IPS[1], 30081), "b fd00:192::2")
  for (const address of NODE_IPS) {
    const health = JSON.parse((await bed.run(world, "curl", "-gs", urlOf(address, 31081))) || "{}")
    assert.equal(health.localEndpoints, 1)
  }
  assert.equal(await bed.ask(world, "fd00:10:90::8", 8080), "no answer")
  assert.equal(await bed.ask(world, "fd00:10:90::9", 8080), "c fd00:192::2")

  const elsewhere = endpoint("fd00:10:244:1::9", "there")
  proxy.set(service("local", { ...local, ports, healthCheckNodePort: 31081 }), [slice6("local", 80, [elsewhere])])
  await proxy.settled()
  const status = ["-gs", "-o", "/dev/null", "-w", "%{http_code}"]
  assert.equal(await bed.run(world, "curl", ...status, urlOf(NODE_IPS[1], 31081)), "503")
})

const urlOf = (address: string, number: number): string =>
  `http://${address.includes(":") ? `[${address}]` : address}:${number}/healthz`

test("UDP flows move when their endpoint leaves, by IPv6", { skip: cannotRun }, async (t) => {
  const { bed, client, world, b, c, proxy } = await nodeWithPods(t)
  await bed.serve(b, 53, "b", "udp")
  await bed.serve(c, 53, "c", "udp")
  const ports = [port(53, { protocol: "UDP", nodePort: 30053 })]
  const dns = service("dns", { clusterIP: IP, ports }, "fd00:10:90::7")
  const frontends = [
    [client, IP, 53],
    [world, NODE_IPS[1], 30053],
    [world, "fd00:10:90::7", 53],
  ] as const
  for (const [name, ip] of Object.entries({ b: B, c: C })) {
    proxy.set(dns, [slice6("dns", 53, [here(ip)], "UDP")])
    await (name === "b" ? proxy.start() : proxy.settled())
    for (const [index, [from, address, number]] of frontends.entries()) {
      assert.match(await bed.askUdp(from, address, number, 4000 + index), new RegExp(`^${name} fd00:`), address)
    }
  }
})

test("a bridge that somebody removed comes back with its pods", { skip: cannotRun }, async (t) => {
  const { bed, node, client, network } = await nodeWithPods(t)
  await bed.run(node, "ip", "link", "delete", "gtest0")
  network.repairDevices()
  assert.equal(await bed.ask(client, B, 80), `b ${CLIENT}`)
  assert.equal(await bed.ask(client, "10.244.0.3", 80), "b 10.244.0.2")
})
