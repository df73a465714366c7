import assert from "node:assert/strict"
import { readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { createPinnedNamespaces, unpinNamespaces } from "../../platform/linux/namespaces.ts"
import { cannotRun, createTestBed, platform, podRequest, type TestBed } from "../testing/namespaces.ts"
import { createBridgeNetwork } from "./bridge-network.ts"
import { hostInterfaceOf } from "./host-interface.ts"

const ranges = [
  { podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" },
  { podCidr: "fd00:10:244::/64", clusterCidr: "fd00:10:244::/48", serviceCidr: "fd00:10:96::/112" },
]
const B = { IPv4: "10.244.0.3", IPv6: "fd00:10:244::4" }

const open = (bed: TestBed, netns: string) => {
  const network = createBridgeNetwork({ name: "gtest0", ranges, stateDir: join(bed.dir, "state"), netns, platform })
  bed.defer(() => network.close())
  return network
}

/** A node of both families with two pods, a and b; b answers at port 80. */
async function nodeWithTwoPods(bed: TestBed) {
  const node = bed.namespace("node")
  const [a, b] = ["a", "b"].map((name) => {
    const dir = join(bed.dir, `pod-${name}`)
    bed.defer(() => unpinNamespaces(dir))
    return createPinnedNamespaces(dir, ["net"]).net ?? ""
  })
  assert.ok(a && b)
  const network = open(bed, node)
  await network.start()
  for (const [name, netns] of Object.entries({ a, b })) await network.setUp(podRequest(name, netns))
  await bed.serve(b, 80, "b")
  const works = async () => {
    for (const address of Object.values(B)) {
      assert.match(await bed.ask(a, address, 80), /^b /)
      assert.match(await bed.ask(node, address, 80), /^b /)
    }
    assert.equal(await bed.ask(a, "10.96.7.7", 80), "refused")
    assert.equal(await bed.ask(a, "fd00:10:96::7", 80), "refused")
  }
  return { node, a, b, network, works }
}

const port = hostInterfaceOf("gtest0", "b")
const loose = "the interfaces of 1 pods were not tied to the bridge gtest0"
const edits: readonly { readonly edit: string; readonly words: readonly string[] }[] = [
  { edit: "ip route delete 10.96.0.0/16", words: ["the route to 10.96.0.0/16 was missing"] },
  { edit: "ip route delete 10.244.0.0/16", words: ["the route to 10.244.0.0/16 was missing"] },
  { edit: "ip -6 route delete fd00:10:96::/112", words: ["the route to fd00:10:96::/112 was missing"] },
  {
    edit: "ip address delete 10.244.0.1/24 dev gtest0",
    words: [
      "the address 10.244.0.1 was missing",
      "the route to 10.96.0.0/16 was missing",
      "the route to 10.244.0.0/16 was missing",
      "the interfaces of 2 pods were not tied to the bridge gtest0",
    ],
  },
  { edit: "sysctl -qw net.ipv4.ip_forward=0", words: ["net/ipv4/ip_forward was 0, expected 1"] },
  { edit: "sysctl -qw net.ipv6.conf.all.forwarding=0", words: ["net/ipv6/conf/all/forwarding was 0, expected 1"] },
  { edit: "sysctl -qw net.ipv4.conf.gtest0.rp_filter=1", words: ["net/ipv4/conf/gtest0/rp_filter was 1, expected 2"] },
  { edit: "sysctl -qw net.ipv6.conf.gtest0.accept_ra=2", words: ["net/ipv6/conf/gtest0/accept_ra was 2, expected 0"] },
  {
    edit: "ip neigh flush nud permanent dev gtest0",
    words: ["the interfaces of 2 pods were not tied to the bridge gtest0"],
  },
  { edit: `ip link set ${port} down`, words: [loose] },
  { edit: `ip link set ${port} nomaster`, words: [loose] },
  { edit: `bridge fdb delete 0a:58:0a:f4:00:03 dev ${port} master`, words: [loose] },
  { edit: `ip link delete ${port}`, words: ["the interfaces of 1 pods were missing"] },
]

test("what somebody changes by hand is noticed and made again", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const { network, node, works } = await nodeWithTwoPods(bed)
  await works()
  assert.deepEqual(network.repairDevices(), [])
  for (const { edit, words } of edits) {
    assert.equal(await bed.run(node, "sh", "-c", edit), "", edit)
    assert.deepEqual(network.repairDevices(), words, edit)
    assert.deepEqual(network.repairDevices(), [], edit)
    await works()
  }
  await bed.run(node, "ip", "link", "set", "gtest0", "down")
  assert.equal(network.repairDevices().includes("the bridge gtest0 was down"), true)
  await works()
})

test("a node keeps its way to the world by router advertisements when it begins to forward", {
  skip: cannotRun,
}, async (t) => {
  const bed = createTestBed(t)
  const [node, world] = [bed.namespace("node"), bed.namespace("world")]
  bed.connect(
    { netns: node, name: "up0", address: "fd00:192::1/64" },
    { netns: world, name: "up0", address: "fd00:192::2/64" },
  )
  const setting = () => bed.run(node, "sysctl", "-n", "net.ipv6.conf.up0.accept_ra")
  assert.equal(await setting(), "1")
  await open(bed, node).start()
  assert.equal(await setting(), "2")
  // Who says no means it.
  await bed.run(node, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=0", "net.ipv6.conf.up0.accept_ra=0")
  open(bed, node).repairDevices()
  assert.equal(await setting(), "0")
})

test("addresses whose files are damaged or gone stay with their pods", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const { a, b, node, network, works } = await nodeWithTwoPods(bed)
  const before = new Map(["a", "b"].map((id) => [id, network.addressesOf(id)]))
  network.close()
  const addresses = join(bed.dir, "state", "addresses")
  writeFileSync(join(addresses, B.IPv4), "}{")
  for (const file of readdirSync(addresses)) if (file.includes(":")) rmSync(join(addresses, file))

  const next = open(bed, node)
  await next.start()
  const pods = Object.entries({ a, b }).map(([id, netns]) => ({ ...podRequest(id, netns), ips: before.get(id) ?? [] }))
  await next.adopt(pods)
  await next.reconcile(new Set(["a", "b"]))
  for (const [id, ips] of before) assert.deepEqual(next.addressesOf(id).toSorted(), ips.toSorted())
  await works()
  const { ips } = await next.setUp(podRequest("c", bed.namespace("c")))
  assert.deepEqual(ips, ["10.244.0.4", "fd00:10:244::5"])
})
