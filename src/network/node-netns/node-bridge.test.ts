import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { inNetworkNamespace, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import { createBridgeNetwork } from "../cni/bridge-network.ts"
import { podMtu } from "../overlay/mtu.ts"
import { createVxlanOverlay } from "../overlay/vxlan.ts"
import { createServiceProxy } from "../proxy/service-proxy.ts"
import { cannotRun, createTestBed, platform, podRequest } from "../testing/namespaces.ts"
import { endpoint, port, service, slice } from "../testing/objects.ts"
import { createNodeBridge } from "./node-bridge.ts"

const clusterCidr = "10.244.0.0/16"
const serviceCidr = "10.96.0.0/16"

test("nodes in namespaces reach each other, the machine and the world, and leave nothing", {
  skip: cannotRun,
}, async (t) => {
  const bed = createTestBed(t)
  const [host, world] = [bed.namespace("host"), bed.namespace("world")]
  bed.connect(
    { netns: host, name: "up0", address: "192.0.2.1/24" },
    { netns: world, name: "up0", address: "192.0.2.2/24" },
  )
  await bed.run(
    host,
    "nft",
    "table ip filter { chain FORWARD { type filter hook forward priority filter; policy drop; }; }",
  )
  const before = await bed.run(host, "sh", "-c", "nft list ruleset; ip -br link; ip route")
  const nodes = createNodeBridge({
    name: "gtestb",
    ranges: [{ nodeCidr: "10.89.7.0/24", clusterCidr }],
    netns: host,
    platform,
  })
  bed.defer(() => nodes.close())
  const [one, two] = ["one", "two"].map((name, index) => ({
    name,
    netnsPath: bed.adopt(join(bed.dir, "netns", name)),
    address: `10.89.7.${index + 2}`,
    addresses: [`10.89.7.${index + 2}`],
  }))
  assert.ok(one && two)
  assert.deepEqual(nodes.hostAddresses, ["10.89.7.1"])
  await nodes.start()
  for (const node of [one, two]) nodes.addNode(node)
  await bed.serve(one.netnsPath, 80, "one")
  // Again, as at the next start: what runs inside goes on.
  await nodes.start()
  nodes.addNode(one)
  await bed.serve(world, 80, "world")
  await bed.serve(host, 80, "host")
  assert.equal(await bed.ask(two.netnsPath, one.address, 80), `one ${two.address}`)
  assert.equal(await bed.ask(host, one.address, 80), "one 10.89.7.1")
  assert.equal(await bed.ask(one.netnsPath, "10.89.7.1", 80), `host ${one.address}`)
  assert.equal(await bed.ask(one.netnsPath, "192.0.2.2", 80), "world 192.0.2.1")

  const watched = nodes.watched(() => [one, two])
  await watched.repair()
  assert.deepEqual([...watched.repairDevices(), ...(await watched.repair())], [])
  const loose = ({ name }: { readonly name: string }) => `node ${name} was not plugged in with its addresses and routes`
  const edits = [
    { where: host, edit: "ip link delete gtestb", also: [loose(one), loose(two)] },
    { where: one.netnsPath, edit: "ip link delete eth0", also: [loose(one)] },
    { where: two.netnsPath, edit: "ip address flush dev eth0", also: [loose(two)] },
    { where: two.netnsPath, edit: "ip route delete default", also: [loose(two)] },
    { where: host, edit: "nft flush table ip gtestb-nodes", also: ["the rules of gtestb-nodes were not as written"] },
  ]
  for (const { where, edit, also } of edits) {
    assert.equal(await bed.run(where, "sh", "-c", edit), "", edit)
    const words = [...watched.repairDevices(), ...(await watched.repair())]
    assert.deepEqual(words.slice(-also.length), also, edit)
    assert.equal(await bed.ask(one.netnsPath, two.address, 81), "refused", edit)
    assert.equal(await bed.ask(two.netnsPath, "192.0.2.2", 80), "world 192.0.2.1", edit)
  }
  // Who shuts a node's interface down cuts the node off, and means it.
  await bed.run(one.netnsPath, "ip", "link", "set", "eth0", "down")
  assert.deepEqual(watched.repairDevices(), [])

  for (const node of [one, two]) nodes.removeNode(node)
  await nodes.destroy()
  await nodes.destroy()
  assert.equal(existsSync(one.netnsPath), false)
  assert.equal(await bed.run(host, "sh", "-c", "nft list ruleset; ip -br link; ip route"), before)
})

/** A counter of the namespace's TCP: names stand in one line of the file, values in the next. */
async function counter(
  bed: ReturnType<typeof createTestBed>,
  netns: string,
  name: string,
): Promise<string | undefined> {
  const [names = "", values = ""] = (await bed.run(netns, "cat", "/proc/net/netstat")).split("\n")
  return values.split(" ")[names.split(" ").indexOf(name)]
}

test("pods of all nodes reach each other, the nodes and the world", { skip: cannotRun }, async (t) => {
  const bed = createTestBed(t)
  const [host, world] = [bed.namespace("host"), bed.namespace("world")]
  bed.connect(
    { netns: host, name: "up0", address: "192.0.2.1/24" },
    { netns: world, name: "up0", address: "192.0.2.2/24" },
  )
  // What Docker switches on: the machine's rules then also see what passes between two other nodes.
  inNetworkNamespace(host, () => writeSysctl(["net", "bridge", "bridge-nf-call-iptables"], "1"))
  const nodes = createNodeBridge({
    name: "gtestb",
    ranges: [{ nodeCidr: "10.89.7.0/24", clusterCidr }],
    netns: host,
    platform,
  })
  bed.defer(() => nodes.close())
  await nodes.start()
  const facts = [1, 2, 3].map((number) => ({
    podCidr: `10.244.${number}.0/24`,
    nodeIp: `10.89.7.${number}`,
    netns: number === 1 ? host : bed.adopt(join(bed.dir, "netns", `n${number}`)),
  }))
  const pods: { readonly pod: string; readonly ip: string; readonly nodeIp: string }[] = []
  for (const [index, { podCidr, nodeIp, netns }] of facts.entries()) {
    if (netns !== host) nodes.addNode({ name: `n${index}`, netnsPath: netns, addresses: [nodeIp] })
    const name = `gtestn${index}`
    const common = { name, ranges: [{ podCidr, clusterCidr, serviceCidr }], netns, platform }
    const stateDir = join(bed.dir, "state", name)
    const bridge = createBridgeNetwork({
      ...common,
      stateDir,
      tunnels: { device: `${name}v`, port: 8473 },
      mtu: () => podMtu(nodeIp, true, netns),
    })
    const overlay = createVxlanOverlay({ device: `${name}v`, port: 8473, nodeIp, podCidrs: [podCidr], netns })
    const proxy = createServiceProxy({ ...common, nodeName: name, nodeIps: [nodeIp] })
    bed.defer(() => bridge.close())
    bed.defer(() => overlay.close())
    bed.defer(() => proxy.close())
    await bridge.start()
    overlay.start()
    overlay.setPeers(facts.map((each) => ({ podCidrs: [each.podCidr], nodeIp: each.nodeIp, nodeIps: [each.nodeIp] })))
    const web = service("web", { clusterIP: "10.96.0.20", ports: [port(80, { nodePort: 30080 })] })
    proxy.set(web, [slice("web", 80, [endpoint("10.244.3.2", "gtestn2")])])
    await proxy.start()
    // The bridge's rules are the younger ones, as after a restart of the agent.
    await bridge.start()
    const pod = bed.namespace(name)
    const { ips } = await bridge.setUp(podRequest(name, pod))
    await bed.serve(pod, 80, `pod${index}`)
    await bed.serve(netns, 81, `node${index}`)
    pods.push({ pod, ip: ips[0] ?? "", nodeIp })
  }
  await bed.serve(world, 80, "world")
  for (const [from, client] of pods.entries()) {
    for (const [to, server] of pods.entries()) {
      assert.equal(await bed.ask(client.pod, server.ip, 80), `pod${to} ${client.ip}`)
      const seen = from === to ? client.ip : client.nodeIp
      assert.equal(await bed.ask(client.pod, server.nodeIp, 81), `node${to} ${seen}`)
    }
    assert.equal(await bed.ask(client.pod, "192.0.2.2", 80), "world 192.0.2.1")
    assert.equal(await bed.ask(client.pod, "10.96.0.20", 80), `pod2 ${from === 2 ? "10.244.3.1" : client.ip}`)
  }
  assert.equal(await bed.ask(host, "127.0.0.1", 30080), "pod2 10.244.1.0")
  // Were the tunnel's own packets masqueraded too, their checksums would be wrong, and first packets lost.
  assert.equal(await counter(bed, host, "TCPSynRetrans"), "0")
})
