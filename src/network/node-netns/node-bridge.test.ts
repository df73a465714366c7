import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { createBridgeNetwork } from "../cni/bridge-network.ts"
import { createVxlanOverlay } from "../overlay/vxlan.ts"
import { cannotRun, createTestBed, platform, podRequest } from "../testing/namespaces.ts"
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
  const nodes = createNodeBridge({ name: "gtestb", nodeCidr: "10.89.7.0/24", clusterCidr, netns: host, platform })
  bed.defer(() => nodes.close())
  const [one, two] = ["one", "two"].map((name, index) => ({
    name,
    netnsPath: bed.adopt(join(bed.dir, "netns", name)),
    address: `10.89.7.${index + 2}`,
  }))
  assert.ok(one && two)
  assert.equal(nodes.hostAddress, "10.89.7.1")
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
  assert.equal(await bed.ask(one.netnsPath, nodes.hostAddress, 80), `host ${one.address}`)
  assert.equal(await bed.ask(one.netnsPath, "192.0.2.2", 80), "world 192.0.2.1")

  for (const node of [one, two]) nodes.removeNode(node)
  await nodes.destroy()
  await nodes.destroy()
  assert.equal(existsSync(one.netnsPath), false)
  assert.equal(await bed.run(host, "sh", "-c", "nft list ruleset; ip -br link; ip route"), before)
})

test("pods of the machine and of a node in a namespace reach each other, the nodes and the world", {
  skip: cannotRun,
}, async (t) => {
  const bed = createTestBed(t)
  const [host, world] = [bed.namespace("host"), bed.namespace("world")]
  bed.connect(
    { netns: host, name: "up0", address: "192.0.2.1/24" },
    { netns: world, name: "up0", address: "192.0.2.2/24" },
  )
  const nodeCidr = "10.89.7.0/24"
  const nodes = createNodeBridge({ name: "gtestb", nodeCidr, clusterCidr, netns: host, platform })
  const two = { name: "two", netnsPath: bed.adopt(join(bed.dir, "netns", "two")), address: "10.89.7.2" }
  bed.defer(() => nodes.close())
  await nodes.start()
  nodes.addNode(two)
  const facts = [
    { podCidr: "10.244.0.0/24", nodeIp: "10.89.7.1", netns: host },
    { podCidr: "10.244.1.0/24", nodeIp: "10.89.7.2", netns: two.netnsPath },
  ]
  const pods: { readonly pod: string; readonly ip: string }[] = []
  for (const [index, { podCidr, nodeIp, netns }] of facts.entries()) {
    const common = { podCidr, clusterCidr, serviceCidr, netns, platform }
    const bridge = createBridgeNetwork({
      name: `gtestn${index}`,
      ...common,
      stateDir: join(bed.dir, `state${index}`),
      overlayInterfaces: [`gtestn${index}v`],
      directCidrs: [nodeCidr],
      mtu: 1450,
    })
    const overlay = createVxlanOverlay({ device: `gtestn${index}v`, port: 8473, nodeIp, podCidr, netns })
    bed.defer(() => {
      overlay.close()
      bridge.close()
    })
    await bridge.start()
    overlay.start()
    overlay.setPeers(facts)
    const pod = bed.namespace(`pod${index}`)
    const { ips } = await bridge.setUp(podRequest(`pod${index}`, pod))
    await bed.serve(pod, 80, `pod${index}`)
    pods.push({ pod, ip: ips[0] ?? "" })
  }
  await bed.serve(world, 80, "world")
  await bed.serve(host, 81, "host")
  await bed.serve(two.netnsPath, 81, "two")
  const [first, second] = pods
  assert.ok(first && second)
  assert.equal(await bed.ask(first.pod, second.ip, 80), `pod1 ${first.ip}`)
  assert.equal(await bed.ask(second.pod, first.ip, 80), `pod0 ${second.ip}`)
  assert.equal(await bed.ask(second.pod, "10.89.7.1", 81), `host ${second.ip}`)
  assert.equal(await bed.ask(first.pod, "10.89.7.2", 81), `two ${first.ip}`)
  assert.equal(await bed.ask(first.pod, "192.0.2.2", 80), "world 192.0.2.1")
  assert.equal(await bed.ask(second.pod, "192.0.2.2", 80), "world 192.0.2.1")
})
