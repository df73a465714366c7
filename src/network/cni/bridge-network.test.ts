import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { inNetworkNamespace, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import { openRtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import { cannotRun, createTestBed, platform, podRequest, type TestBed } from "../testing/namespaces.ts"
import { type BridgeNetworkOptions, createBridgeNetwork } from "./bridge-network.ts"
import { hostInterfaceOf } from "./host-interface.ts"

const cidrs = { podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }

function networkIn(bed: TestBed, netns: string, name = "gtest0", more: Partial<BridgeNetworkOptions> = {}) {
  return createBridgeNetwork({
    name,
    ranges: [cidrs],
    stateDir: join(bed.dir, `state-${name}`),
    netns,
    platform,
    ...more,
  })
}

for (const bridgeNetfilter of ["1", "0"]) {
  test(`pods reach each other, the node and host ports (bridge-nf-call-iptables=${bridgeNetfilter})`, {
    skip: cannotRun,
  }, async (t) => {
    const bed = createTestBed(t)
    const [node, podA, podB] = [bed.namespace("node"), bed.namespace("a"), bed.namespace("b")]
    inNetworkNamespace(node, () => writeSysctl(["net", "bridge", "bridge-nf-call-iptables"], bridgeNetfilter))
    const network = networkIn(bed, node)
    bed.defer(() => network.close())
    await network.start()
    assert.equal((await network.status()).ready, true)
    const a = await network.setUp(podRequest("a", podA))
    const portMappings = [{ protocol: "TCP", containerPort: 80, hostPort: 8080, hostIp: "" }] as const
    const b = await network.setUp(podRequest("b", podB, { portMappings }))
    assert.deepEqual([a.ips, b.ips], [["10.244.0.2"], ["10.244.0.3"]])

    await bed.serve(podB, 80, "b-sees")
    await bed.serve(node, 81, "node-sees")
    await bed.serve(node, 82, "secret")
    assert.equal(await bed.ask(podA, "10.244.0.3", 80), "b-sees 10.244.0.2")
    assert.equal(await bed.ask(node, "10.244.0.3", 80), "b-sees 10.244.0.1")
    assert.equal(await bed.ask(podA, network.gateways[0] ?? "", 81), "node-sees 10.244.0.2")
    assert.equal(await bed.ask(node, "127.0.0.1", 8080), "b-sees 10.244.0.1")
    assert.equal(await bed.ask(node, network.gateways[0] ?? "", 8080), "b-sees 10.244.0.1")
    assert.equal(await bed.ask(podA, network.gateways[0] ?? "", 8080), "b-sees 10.244.0.2")
    assert.equal(await bed.ask(podB, network.gateways[0] ?? "", 8080), "b-sees 10.244.0.1")
    assert.equal(await bed.ask(podA, "10.96.7.7", 80), "refused")
    assert.equal(await bed.ask(node, "10.96.7.7", 80), "refused")
    assert.equal(await bed.askUdp(podA, "10.96.7.7", 53), "refused")
    assert.equal(await bed.askUdp(podA, "10.244.9.9", 53), "refused")
    assert.equal(await bed.ask(podA, "10.244.9.9", 80), "refused")
    assert.equal(await bed.ask(node, "10.244.9.9", 80), "refused")

    await network.tearDown(podRequest("b", podB, { portMappings }))
    await network.tearDown(podRequest("b", "", { portMappings }))
    assert.equal(await bed.ask(node, "127.0.0.1", 8080), "refused")
    await network.destroy()
    const rt = openRtnetlink(node)
    bed.defer(() => rt.close())
    assert.deepEqual(
      rt.links().filter((link) => link.kind !== "" && link.name !== "lo"),
      [],
    )
    assert.deepEqual(rt.routes(), [])
    assert.equal(await bed.run(node, "nft", "list", "tables"), "")
  })
}

test("pods cannot send past the node's rules, nor under addresses that no pod has", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const [node, podA, podB] = [bed.namespace("node"), bed.namespace("a"), bed.namespace("b")]
  const network = networkIn(bed, node)
  bed.defer(() => network.close())
  await network.start()
  await network.setUp(podRequest("a", podA))
  await network.setUp(podRequest("b", podB))
  await bed.serve(podB, 80, "b-sees", "udp")
  // A port of a bridge takes a moment to come up, which TCP bears.
  assert.equal(await bed.ask(podA, "10.244.0.3", 80), "refused")
  await bed.run(
    podB,
    "nft",
    "table ip seen { chain input { type filter hook input priority 0; udp dport 80 counter; }; }",
  )
  const seen = async () => /packets (\d+)/.exec(await bed.run(podB, "nft", "list", "table", "ip", "seen"))?.[1]
  assert.equal(await bed.askUdp(podA, "10.244.0.3", 80), "b-sees 10.244.0.2")
  assert.equal(await seen(), "1")
  const send = (mac: string, source: string) =>
    bed.run(podA, "python3", "-c", SEND_FRAME, mac.replaceAll(":", ""), source)
  await send("0a:58:0a:f4:00:03", "10.244.0.2")
  await send("0a:58:0a:f4:00:01", "10.245.0.9")
  assert.equal(await seen(), "1")
  await send("0a:58:0a:f4:00:01", "10.244.0.2")
  assert.equal(await seen(), "2")
  await network.destroy()
  assert.equal(await bed.run(node, "nft", "list", "tables"), "")
})

/** A UDP packet without checksum to pod b, in a frame to whomever. */
const SEND_FRAME = `
import socket, struct, sys
def ip_sum(data):
    total = sum(struct.unpack("!10H", data))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
source, target = socket.inet_aton(sys.argv[2]), socket.inet_aton("10.244.0.3")
head = lambda check: struct.pack("!BBHHHBBH4s4s", 0x45, 0, 29, 1, 0, 64, 17, check, source, target)
packet = head(ip_sum(head(0))) + struct.pack("!HHHH", 5555, 80, 9, 0) + b"x"
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind(("eth0", 0x0800))
raw.send(bytes.fromhex(sys.argv[1]) + bytes.fromhex("0a580af40002") + b"\\x08\\x00" + packet)
`

test("a restart keeps addresses and host ports, repairs its table, and frees what is gone", {
  skip: cannotRun,
}, async (t) => {
  const bed = createTestBed(t)
  const [node, podA, podB] = [bed.namespace("node"), bed.namespace("a"), bed.namespace("b")]
  const first = networkIn(bed, node)
  await first.start()
  const portMappings = [{ protocol: "TCP", containerPort: 80, hostPort: 8080, hostIp: "127.0.0.1" }] as const
  await first.setUp(podRequest("a", podA, { portMappings }))
  await first.setUp(podRequest("b", podB))
  first.close()
  await bed.run(node, "nft", "flush", "ruleset")

  const second = networkIn(bed, node)
  bed.defer(() => second.close())
  await second.start()
  await second.reconcile(new Set(["a"]))
  await bed.serve(podA, 80, "a-sees")
  assert.equal(await bed.ask(node, "127.0.0.1", 8080), "a-sees 10.244.0.1")
  const rt = openRtnetlink(node)
  bed.defer(() => rt.close())
  assert.equal(rt.link(hostInterfaceOf("gtest0", "b")), undefined)
  assert.notEqual(rt.link(hostInterfaceOf("gtest0", "a")), undefined)
  const again = await second.setUp(podRequest("a", podA, { portMappings }))
  assert.deepEqual(again.ips, ["10.244.0.2"])
  assert.equal(await bed.ask(node, "127.0.0.1", 8080), "a-sees 10.244.0.1")
  await second.destroy()
})

test("addresses of load balancers are refused until a service has them, and forgotten with their pool", {
  skip: cannotRun,
}, async (t) => {
  const bed = createTestBed(t)
  const [node, pod] = [bed.namespace("node"), bed.namespace("pod")]
  const first = networkIn(bed, node, "gtest0", {
    ranges: [{ ...cidrs, loadBalancerCidrs: ["10.90.0.0/30", "10.90.0.4/32"] }],
  })
  await first.start()
  await first.setUp(podRequest("a", pod))
  for (const from of [node, pod]) {
    assert.equal(await bed.ask(from, "10.90.0.4", 80), "refused")
    assert.equal(await bed.askUdp(from, "10.90.0.1", 53), "refused")
  }
  first.close()
  const second = networkIn(bed, node, "gtest0", { ranges: [{ ...cidrs, loadBalancerCidrs: ["10.91.0.0/30"] }] })
  bed.defer(() => second.close())
  await second.start()
  assert.equal(await bed.ask(pod, "10.91.0.1", 80), "refused")
  const rt = openRtnetlink(node)
  bed.defer(() => rt.close())
  const routes = rt.routes().flatMap(({ destination }) => (destination.includes(":") ? [] : [destination]))
  assert.deepEqual(routes.toSorted(), ["10.244.0.0/16", "10.244.0.0/24", "10.91.0.0/30", "10.96.0.0/16"])
  await second.destroy()
})

test("other machines of the node's network reach addresses of load balancers there", {
  skip: cannotRun,
}, async (t) => {
  const bed = createTestBed(t)
  const [node, pod, world] = [bed.namespace("node"), bed.namespace("pod"), bed.namespace("world")]
  bed.connect(
    { netns: node, name: "up0", address: "192.0.2.1/24" },
    { netns: world, name: "up0", address: "192.0.2.2/24" },
  )
  const network = networkIn(bed, node, "gtest0", {
    ranges: [{ ...cidrs, loadBalancerCidrs: ["192.0.2.64/31", "198.51.100.0/24"] }],
  })
  bed.defer(() => network.close())
  await network.start()
  await network.setUp(podRequest("a", pod))
  await bed.serve(pod, 80, "a-sees")
  const dnat =
    "table ip lb { chain c { type nat hook prerouting priority dstnat; ip daddr 192.0.2.65 dnat to 10.244.0.2; }; }"
  await bed.run(node, "nft", dnat)
  assert.equal(await bed.ask(world, "192.0.2.65", 80), "a-sees 192.0.2.2")
  assert.equal(await bed.ask(world, "192.0.2.64", 80), "refused")
  const rt = openRtnetlink(node)
  bed.defer(() => rt.close())
  const announced = () => rt.proxies().map(({ address }) => address)
  assert.deepEqual(announced().toSorted(), ["192.0.2.64", "192.0.2.65"])
  for (const state of ["down", "up"]) await bed.run(node, "ip", "link", "set", "up0", state)
  assert.deepEqual(announced(), [])
  network.repairDevices()
  assert.equal(await bed.ask(world, "192.0.2.65", 80), "a-sees 192.0.2.2")
  await network.destroy()
  assert.deepEqual(announced(), [])
})

const FIREWALLS = [
  {
    drops: "by its policy",
    rules: `table ip filter {
      chain INPUT { type filter hook input priority filter; policy drop; ct state established,related accept; }
      chain FORWARD { type filter hook forward priority filter; policy drop; }
    }`,
  },
  {
    drops: "by its last rule",
    rules: `table inet firewalld {
      chain input {
        type filter hook input priority filter + 10; policy accept;
        ct state established,related accept
        meta nfproto ipv4 jump others
        log prefix "rejected" drop
      }
      chain forward {
        type filter hook forward priority filter + 10; policy accept;
        ct state established,related accept
        jump others
        counter reject with icmpx type admin-prohibited
      }
      chain others { ip saddr 198.51.100.0/24 accept; }
    }`,
  },
]
for (const { drops, rules: firewall } of FIREWALLS) {
  test(`pods reach the world under the node's address, also through a firewall that drops ${drops}`, {
    skip: cannotRun,
  }, async (t) => {
    const bed = createTestBed(t)
    const [node, pod, world] = [bed.namespace("node"), bed.namespace("pod"), bed.namespace("world")]
    bed.connect(
      { netns: node, name: "up0", address: "192.0.2.1/24" },
      { netns: world, name: "up0", address: "192.0.2.2/24" },
    )
    assert.equal(await bed.run(node, "nft", firewall), "")
    // Without what the packets count.
    const ruleset = async () => (await bed.run(node, "nft", "list", "ruleset")).replaceAll(/packets \d+ bytes \d+/g, "")
    const before = await ruleset()
    const ports = [{ protocol: "tcp", port: 82, from: "192.0.2.2" }] as const
    const network = networkIn(bed, node, "gtest0", { admit: { forward: [], ports } })
    bed.defer(() => network.close())
    await network.start()
    await network.start()
    await network.setUp(podRequest("a", pod))
    await bed.serve(world, 80, "world-sees")
    await bed.serve(node, 81, "node-sees")
    await bed.serve(node, 82, "cluster-sees")
    assert.equal(await bed.ask(world, "192.0.2.1", 82), "cluster-sees 192.0.2.2")
    assert.equal(await bed.ask(pod, "192.0.2.2", 80), "world-sees 192.0.2.1")
    assert.equal(await bed.ask(pod, network.gateways[0] ?? "", 81), "node-sees 10.244.0.2")
    // The owner's firewall starts anew, and takes everything with it.
    await bed.run(node, "nft", "flush", "ruleset")
    await bed.run(node, "nft", firewall)
    await network.repair()
    assert.equal(await bed.ask(pod, "192.0.2.2", 80), "world-sees 192.0.2.1")
    await network.destroy()
    assert.equal(await ruleset(), before)
    assert.equal(await bed.ask(world, "192.0.2.1", 82), "no answer")
  })
}

test("edits by others are undone, and pods are plugged into a bridge that is made anew", {
  skip: cannotRun,
}, async (t) => {
  const bed = createTestBed(t)
  const [node, podA, podB] = [bed.namespace("node"), bed.namespace("a"), bed.namespace("b")]
  const network = networkIn(bed, node)
  bed.defer(() => network.close())
  await network.start()
  await network.setUp(podRequest("a", podA))
  await network.setUp(podRequest("b", podB))
  await bed.serve(podB, 80, "b-sees")
  await network.repair()
  const written = network.writer.applied()
  await network.repair()
  assert.equal(network.writer.applied(), written)
  const rules = async () =>
    (await bed.run(node, "nft", "list", "ruleset"))
      .split(/^(?=table )/m)
      .map((table) => table.trim())
      .toSorted()
  const before = await rules()
  for (const edit of [
    "add rule ip gtest0-pods forward tcp dport 80 drop",
    "flush table ip gtest0-pods",
    "flush chain bridge gtest0-ports prerouting",
    "flush ruleset",
  ]) {
    await bed.run(node, "nft", edit)
    assert.notDeepEqual(await rules(), before)
    assert.deepEqual(await network.repair(), ["the rules of gtest0's pods were not as written"])
    assert.deepEqual(await rules(), before)
  }
  await bed.run(node, "ip", "link", "delete", "gtest0")
  assert.equal((await network.status()).ready, false)
  network.repairDevices()
  assert.equal((await network.status()).ready, true)
  assert.equal(await bed.ask(podA, "10.244.0.3", 80), "b-sees 10.244.0.2")
  assert.equal(await bed.ask(node, "10.244.0.3", 80), "b-sees 10.244.0.1")
  await network.destroy()
})

test("whoever takes a network down need not have started it", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const [node, pod] = [bed.namespace("node"), bed.namespace("pod")]
  const first = networkIn(bed, node)
  await first.start()
  await first.setUp(podRequest("a", pod))
  first.close()
  const second = networkIn(bed, node)
  bed.defer(() => second.close())
  await second.tearDown(podRequest("a", pod))
  assert.deepEqual(second.addressesOf("a"), [])
  await second.destroy()
  assert.doesNotMatch(await bed.run(node, "ip", "-br", "link"), /gtest0|gv/)
})
