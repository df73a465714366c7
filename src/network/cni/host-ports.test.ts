import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { cannotRun, createTestBed, platform, podRequest } from "../testing/namespaces.ts"
import { type HostPort, type Lease, toHostPort } from "./address-pool.ts"
import { createBridgeNetwork } from "./bridge-network.ts"
import { renderAllHostPorts, renderHostPorts, sharesHostPort } from "./host-ports.ts"

function lease(sandboxId: string, ip: string, ...hostPorts: HostPort[]): Lease {
  return { sandboxId, ip, hostPorts }
}

function port(hostPort: number, more: Partial<HostPort> = {}): HostPort {
  return { protocol: "tcp", hostPort, containerPort: 80, hostIp: "", ...more }
}

test("ports of an address family go to addresses of that family", () => {
  const ports = [port(8080), port(8081, { hostIp: "192.0.2.1" }), port(8082, { hostIp: "::" })]
  assert.equal(
    renderHostPorts("pods", lease("a", "10.244.0.2", ...ports), "delete"),
    "delete element ip pods host-ports { tcp . 8080 }\n" +
      "delete element ip pods host-address-ports { 192.0.2.1 . tcp . 8081 }\n" +
      "delete element ip pods hairpin { 10.244.0.2 . 10.244.0.2 }\n",
  )
  assert.equal(
    renderHostPorts("pods", lease("a", "fd00::2", ...ports.slice(1)), "add"),
    "add element ip6 pods host-ports { tcp . 8082 : fd00::2 . 80 }\nadd element ip6 pods hairpin { fd00::2 . fd00::2 }\n",
  )
  assert.equal(renderHostPorts("pods", lease("a", "fd00::2", port(1, { hostIp: "192.0.2.1" })), "add"), "")
})

test("of ports that one pod wants twice the first counts", () => {
  const ports = [port(8080), port(8080, { hostIp: "0.0.0.0", containerPort: 81 })]
  const rules =
    "add element ip pods host-ports { tcp . 8080 : 10.244.0.2 . 80 }\nadd element ip pods hairpin { 10.244.0.2 . 10.244.0.2 }\n"
  assert.equal(renderHostPorts("pods", lease("a", "10.244.0.2", ...ports), "add"), rules)
  assert.equal(renderAllHostPorts("pods", [lease("a", "10.244.0.2", ...ports)]), rules)
})

test("a host port is for an address in its one spelling, and for nothing else", () => {
  const mapping = { protocol: "UDP", containerPort: 80, hostPort: 8080 } as const
  const wanted = { protocol: "udp", containerPort: 80, hostPort: 8080 }
  assert.deepEqual(toHostPort({ ...mapping, hostIp: "" }), { ...wanted, hostIp: "" })
  assert.deepEqual(toHostPort({ ...mapping, hostIp: "FD00:0::1" }), { ...wanted, hostIp: "fd00::1" })
  for (const hostIp of ["localhost", "fe80::1%up0", "1.1.1.1 . tcp . 1 : 1.1.1.1 . 1 }\nflush ruleset"]) {
    assert.throws(() => toHostPort({ ...mapping, hostIp }), TypeError)
  }
})

test("of two pods that want one port the younger has it, and the other keeps the rest", () => {
  const leases = [lease("old", "10.244.0.2", port(8080), port(8081)), lease("young", "10.244.0.3", port(8080))]
  assert.equal(
    renderAllHostPorts("pods", leases),
    "add element ip pods host-ports { tcp . 8080 : 10.244.0.3 . 80 }\n" +
      "add element ip pods hairpin { 10.244.0.3 . 10.244.0.3 }\n" +
      "add element ip pods host-ports { tcp . 8081 : 10.244.0.2 . 80 }\n" +
      "add element ip pods hairpin { 10.244.0.2 . 10.244.0.2 }\n",
  )
})

const others: { name: string; other: Lease; shares: boolean }[] = [
  { name: "the same port", other: lease("b", "10.244.0.3", port(8080)), shares: true },
  {
    name: "all addresses by another name",
    other: lease("b", "10.244.0.3", port(8080, { hostIp: "0.0.0.0" })),
    shares: true,
  },
  { name: "one address", other: lease("b", "10.244.0.3", port(8080, { hostIp: "192.0.2.1" })), shares: false },
  { name: "another protocol", other: lease("b", "10.244.0.3", port(8080, { protocol: "udp" })), shares: false },
  { name: "its own other address", other: lease("a", "10.244.0.3", port(8080)), shares: false },
]
for (const { name, other, shares } of others) {
  test(`a port is shared: ${name}`, () => {
    assert.equal(sharesHostPort(lease("a", "10.244.0.2", port(8080)), [other]), shares)
  })
}

test("a port of one address is the node's, and takes nothing that is for another machine", {
  skip: cannotRun,
}, async (t) => {
  const bed = createTestBed(t)
  const [node, world, pod, client] = ["node", "world", "pod", "client"].map(bed.namespace) as [
    string,
    string,
    string,
    string,
  ]
  bed.connect(
    { netns: node, name: "up0", address: "192.0.2.1/24" },
    { netns: world, name: "up0", address: "192.0.2.2/24" },
  )
  const network = createBridgeNetwork({
    name: "gtest0",
    ranges: [{ podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }],
    stateDir: join(bed.dir, "state"),
    netns: node,
    platform,
  })
  bed.defer(() => network.close())
  await network.start()
  const wanted = { protocol: "TCP", containerPort: 80, hostPort: 8080 } as const
  const portMappings = ["192.0.2.1", "192.0.2.2"].map((hostIp) => ({ ...wanted, hostIp }))
  await network.setUp(podRequest("pod", pod, { portMappings }))
  await network.setUp(podRequest("client", client))
  await bed.serve(pod, 80, "pod")
  await bed.serve(world, 8080, "world")
  assert.equal(await bed.ask(world, "192.0.2.1", 8080), "pod 192.0.2.2")
  for (const from of [node, client]) assert.equal(await bed.ask(from, "192.0.2.2", 8080), "world 192.0.2.1")
})

test("a pod has its port though one that was deleted by force still ends", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const [node, old, young] = [bed.namespace("node"), bed.namespace("old"), bed.namespace("young")]
  const open = () =>
    createBridgeNetwork({
      name: "gtest0",
      ranges: [{ podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }],
      stateDir: join(bed.dir, "state"),
      netns: node,
      platform,
    })
  const network = open()
  bed.defer(() => network.close())
  await network.start()
  const portMappings = [{ protocol: "TCP", containerPort: 80, hostPort: 8080, hostIp: "" }] as const
  await network.setUp(podRequest("old", old, { portMappings }))
  await network.setUp(podRequest("young", young, { portMappings }))
  await bed.serve(old, 80, "old")
  await bed.serve(young, 80, "young")
  assert.equal(await bed.ask(node, "127.0.0.1", 8080), "young 10.244.0.1")

  const restarted = open()
  bed.defer(() => restarted.close())
  await restarted.start()
  await restarted.tearDown(podRequest("old", old, { portMappings }))
  assert.equal(await bed.ask(node, "127.0.0.1", 8080), "young 10.244.0.1")
  await restarted.tearDown(podRequest("young", young, { portMappings }))
  assert.equal(await bed.ask(node, "127.0.0.1", 8080), "refused")
})
