/** For tests of this folder: nodes with real pods, and policies on them. */
import assert from "node:assert/strict"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { IpFamily } from "../../machinery/net/cidr.ts"
import { inNetworkNamespace, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import { createBridgeNetwork } from "../cni/bridge-network.ts"
import type { Peer } from "../overlay/peers.ts"
import { createVxlanOverlay } from "../overlay/vxlan.ts"
import { createTestBed, platform, podRequest, type TestBed } from "../testing/namespaces.ts"
import { createPodPolicies } from "./pod-policies.ts"
import { podObject, type TestPod } from "./testing.ts"

const IPV4 = { clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }
const IPV6 = { clusterCidr: "fd00:10:244::/48", serviceCidr: "fd00:10:96::/112" }
const rangesOf = (place: number) => ({
  IPv4: { ...IPV4, podCidr: `10.244.${place}.0/24` },
  IPv6: { ...IPV6, podCidr: place === 0 ? "fd00:10:244::/64" : `fd00:10:244:${place}::/64` },
})
/** Of the first node. */
export const RANGES = rangesOf(0)
export const NAMESPACES = new Map<string, Readonly<Record<string, string>>>([
  ["x", { team: "x", kind: "test" }],
  ["y", { team: "y", kind: "test" }],
  ["z", { team: "z" }],
])
export const PORTS = [80, 81]

/**
 * Pods a and b in three namespaces, each of which answers on two ports by TCP and UDP. `families`: those that they have
 * addresses of; the pods' `ip` is of the last. `count`: of nodes; all pods a are on the first, and all pods b on the last.
 */
export async function nodesWithPods(t: TestContext, families: readonly IpFamily[], count: number) {
  const bed = createTestBed(t)
  const facts = Array.from({ length: count }, (_, place) => ({
    netns: bed.namespace(`node-${place}`),
    address: `192.0.2.${place + 1}`,
    ranges: families.map((family) => rangesOf(place)[family]),
  }))
  const peers = facts.map(({ address, ranges }) => ({
    nodeIp: address,
    nodeIps: [address],
    podCidrs: ranges.map(({ podCidr }) => podCidr),
  }))
  const [one, two] = facts
  if (one && two)
    bed.connect(
      { netns: one.netns, name: "up0", address: `${one.address}/24` },
      { netns: two.netns, name: "up0", address: `${two.address}/24` },
    )
  const nodes = await Promise.all(facts.map((each) => startNode(bed, each, peers)))
  const pods: PodOfTest[] = []
  for (const namespace of NAMESPACES.keys()) {
    for (const [name, home] of [
      ["a", nodes[0]],
      ["b", nodes.at(-1)],
    ] as const) {
      assert.ok(home)
      const pod = await addPod(bed, home, namespace, name)
      for (const { policies } of nodes) policies.setPod(podObject(pod))
      pods.push(pod)
    }
  }
  // A port of a bridge takes a moment to come up, which TCP bears.
  for (const { ip, node } of pods) assert.equal(await bed.ask(node.netns, ip, 80), `tcp ${node.nodeIp}`)
  return { bed, nodes, pods }
}

type TestNode = Awaited<ReturnType<typeof startNode>>
type PodOfTest = TestPod & { readonly netns: string; readonly node: TestNode }

interface NodeFacts {
  readonly netns: string
  readonly address: string
  readonly ranges: readonly (typeof RANGES)[IpFamily][]
}

async function startNode(bed: TestBed, { netns, address, ranges }: NodeFacts, peers: readonly Peer[]) {
  // The kernel says "prohibited" to one address only so often.
  inNetworkNamespace(netns, () => {
    writeSysctl(["net", "ipv4", "icmp_ratelimit"], "0")
    writeSysctl(["net", "ipv6", "icmp", "ratelimit"], "0")
  })
  const podCidrs = ranges.map(({ podCidr }) => podCidr)
  const own = { name: "gtest0", podCidrs, netns, platform }
  const device = "gtest0v"
  const isAlone = peers.length === 1
  const policies = createPodPolicies(own)
  const bridge = createBridgeNetwork({
    ...own,
    ranges,
    stateDir: join(bed.dir, `state-${address}`),
    gate: policies,
    ...(!isAlone && { tunnels: { device, port: 8472 }, mtu: () => 1450 }),
  })
  bed.defer(() => bridge.close())
  bed.defer(() => policies.close())
  await bridge.start()
  if (!isAlone) {
    const overlay = createVxlanOverlay({ device, port: 8472, nodeIp: address, podCidrs, netns })
    bed.defer(() => overlay.close())
    overlay.start()
    overlay.setPeers(peers)
  }
  await policies.start()
  for (const [name, labels] of NAMESPACES) policies.setNamespace(name, labels)
  return { netns, address, bridge, policies, own, nodeIp: bridge.gateways.at(-1) ?? "" }
}

async function addPod(bed: TestBed, node: TestNode, namespace: string, name: string): Promise<PodOfTest> {
  const netns = bed.namespace(`${namespace}-${name}`)
  const request = { namespace, name, podUid: `${namespace}-${name}`, labels: { pod: name } }
  const { ips } = await node.bridge.setUp(podRequest(`${namespace}-${name}`, netns, request))
  for (const number of PORTS) {
    await bed.serve(netns, number, "tcp")
    await bed.serve(netns, number, "udp", "udp")
  }
  return { namespace, name, labels: { pod: name }, ip: ips.at(-1) ?? "", netns, node }
}

/** All pods on one node, with IPv4. */
export async function nodeWithPods(t: TestContext) {
  const { bed, nodes, pods } = await nodesWithPods(t, ["IPv4"], 1)
  const podOf = (namespace: string, name: string) => {
    const pod = pods.find((each) => each.namespace === namespace && each.name === name)
    assert.ok(pod)
    return pod
  }
  const [node] = nodes
  assert.ok(node)
  const { netns, bridge, policies, own } = node
  return { bed, node: netns, bridge, policies, pods, podOf, own }
}
