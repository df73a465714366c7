import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { NetworkPolicy } from "../../api/networking/v1/network-policy.ts"
import { tunnelAddress } from "../overlay/peers.ts"
import { createServiceProxy } from "../proxy/service-proxy.ts"
import { cannotRun } from "../testing/namespaces.ts"
import { endpoint, port, service, slice } from "../testing/objects.ts"
import { nodesWithPods, nodeWithPods, RANGES } from "./node-with-pods.ts"
import { policy } from "./testing.ts"

/** Peers that are no pods: nodes and what has their address, services, and the world outside. */

const block = (cidr: string, except: readonly string[] = []) => ({ ipBlock: { cidr, except: [...except] } })

async function twoNodes(t: TestContext) {
  const { bed, nodes, pods } = await nodesWithPods(t, ["IPv4"], 2)
  const [here, there] = nodes
  assert.ok(here && there)
  for (const { policies } of nodes) {
    policies.setNodes(nodes.map(({ address, own }) => ({ address, tunnel: tunnelAddress(own.podCidrs[0] ?? "") })))
  }
  const podOf = (namespace: string, name: string) => {
    const pod = pods.find((each) => each.namespace === namespace && each.name === name)
    assert.ok(pod)
    return pod
  }
  const apply = async (...wanted: readonly NetworkPolicy[]) => {
    for (const { policies } of nodes) {
      for (const each of wanted) policies.setPolicy(each)
      await policies.settled()
    }
  }
  return { bed, here, there, podOf, apply }
}

test("a pod's own node always reaches it; others, and pods with their network, by their address", {
  skip: cannotRun,
}, async (t) => {
  const { bed, here, there, podOf, apply } = await twoNodes(t)
  const target = podOf("x", "a")
  const everybody = { ingress: [{ from: [{ namespaceSelector: {} }] }] }
  await apply(policy("x", "p", everybody))
  assert.equal(await bed.ask(here.netns, target.ip, 80), "tcp 10.244.0.1")
  assert.equal(await bed.ask(there.netns, target.ip, 80), "refused")
  await apply(
    policy("x", "p", { ingress: [{ from: [block(`${there.address}/32`)], ports: [{ protocol: "TCP", port: 80 }] }] }),
  )
  assert.match(await bed.ask(there.netns, target.ip, 80), /^tcp /)
  assert.equal(await bed.ask(there.netns, target.ip, 81), "refused")

  await bed.serve(there.netns, 82, "node")
  const out = (...to: readonly ReturnType<typeof block>[]) =>
    policy("x", "out", { policyTypes: ["Egress"], egress: [{ to: [...to] }] })
  await apply(out(block("192.0.2.0/24", [`${there.address}/32`])))
  assert.match(await bed.ask(target.netns, there.address, 82), /refused|EHOSTUNREACH/)
  await apply(out(block(`${there.address}/32`)))
  assert.match(await bed.ask(target.netns, there.address, 82), /^node /)
})

test("a service is judged by the pod on the other node behind it, and by the pod that asks", {
  skip: cannotRun,
}, async (t) => {
  const { bed, here, podOf, apply } = await twoNodes(t)
  const proxy = createServiceProxy({ ...here.own, ranges: [RANGES.IPv4], nodeName: "here", nodeIps: [here.address] })
  bed.defer(() => proxy.close())
  proxy.set(service("web", { clusterIP: "10.96.0.20", ports: [port(8080)] }), [
    slice("web", 80, [endpoint(podOf("x", "b").ip, "there")]),
  ])
  await proxy.start()
  await apply(policy("x", "p", { ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "y" } } }] }] }))
  const [friend, stranger] = [podOf("y", "a"), podOf("z", "a")]
  assert.equal(await bed.ask(friend.netns, "10.96.0.20", 8080), `tcp ${friend.ip}`)
  assert.match(await bed.ask(stranger.netns, "10.96.0.20", 8080), /EHOSTUNREACH|refused/)
  await apply(policy("y", "out", { policyTypes: ["Egress"], egress: [{ ports: [{ protocol: "TCP", port: 8080 }] }] }))
  assert.match(await bed.ask(friend.netns, "10.96.0.20", 8080), /EHOSTUNREACH|refused/)
  await apply(policy("y", "out", { policyTypes: ["Egress"], egress: [{ ports: [{ protocol: "TCP", port: 80 }] }] }))
  assert.equal(await bed.ask(friend.netns, "10.96.0.20", 8080), `tcp ${friend.ip}`)
})

test("what is under way between nodes ends when it is no longer allowed, by TCP and UDP", {
  skip: cannotRun,
}, async (t) => {
  const { bed, podOf, apply } = await twoNodes(t)
  const [target, friend, stranger] = [podOf("x", "b"), podOf("x", "a"), podOf("y", "a")]
  await bed.echo(target.netns, 90)
  const [kept, cut] = [friend, stranger].map(({ netns }) => bed.open(netns, target.ip, 90))
  for (const connection of [kept, cut]) assert.equal(await connection?.exchange("one"), "one")
  const flows = () => Promise.all([friend, stranger].map(({ netns }) => bed.askUdp(netns, target.ip, 81, 5300)))
  assert.deepEqual(await flows(), [`udp ${friend.ip}`, `udp ${stranger.ip}`])
  await apply(policy("x", "p", { ingress: [{ from: [{ podSelector: {} }] }] }))
  assert.equal(await kept?.exchange("two"), "two")
  await assert.rejects(async () => cut?.exchange("two"), /ECONNRESET|EPIPE/)
  const [still, over] = await flows()
  assert.equal(still, `udp ${friend.ip}`)
  assert.doesNotMatch(over ?? "", /^udp/)
})

test("the world outside, by blocks with exceptions", { skip: cannotRun }, async (t) => {
  const { bed, node, policies, podOf } = await nodeWithPods(t)
  const world = bed.namespace("world")
  bed.connect(
    { netns: node, name: "up", address: "198.51.100.1/24" },
    { netns: world, name: "up", address: "198.51.100.2/24" },
  )
  await bed.run(world, "ip", "address", "add", "198.51.100.9/24", "dev", "up")
  await bed.serve(world, 80, "world")
  await bed.serve(world, 81, "world", "udp")
  const [inside, free] = [podOf("x", "a"), podOf("y", "a")]
  const to = [block("198.51.100.0/24", ["198.51.100.8/29"])]
  policies.setPolicy(
    policy("x", "p", {
      egress: [
        {
          to,
          ports: [
            { protocol: "TCP", port: 80 },
            { protocol: "UDP", port: 81 },
          ],
        },
      ],
    }),
  )
  await policies.settled()
  assert.equal(await bed.ask(inside.netns, "198.51.100.2", 80), "world 198.51.100.1")
  assert.equal(await bed.askUdp(inside.netns, "198.51.100.2", 81), "world 198.51.100.1")
  assert.equal(await bed.ask(inside.netns, "198.51.100.9", 80), "refused")
  assert.doesNotMatch(await bed.askUdp(inside.netns, "198.51.100.9", 81), /^world/)
  assert.equal(await bed.ask(free.netns, "198.51.100.9", 80), "world 198.51.100.1")

  // From outside to a pod: by the address that is really its.
  await bed.run(world, "ip", "route", "add", "10.244.0.0/24", "via", "198.51.100.1")
  policies.setPolicy(policy("x", "in", { ingress: [{ from: [block("198.51.100.0/30")] }] }))
  await policies.settled()
  assert.equal(await bed.ask(world, inside.ip, 80), "tcp 198.51.100.2")
  policies.setPolicy(policy("x", "in", { ingress: [{ from: [block("198.51.100.8/29")] }] }))
  await policies.settled()
  assert.equal(await bed.ask(world, inside.ip, 80), "refused")
})
