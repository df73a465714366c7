/** For tests of this folder: a node with real pods, and policies on it. */
import assert from "node:assert/strict"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { IpFamily } from "../../machinery/net/cidr.ts"
import { inNetworkNamespace, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import { createBridgeNetwork } from "../cni/bridge-network.ts"
import { createTestBed, platform, podRequest } from "../testing/namespaces.ts"
import { createPodPolicies } from "./pod-policies.ts"
import { podObject, type TestPod } from "./testing.ts"

export const RANGES = {
  IPv4: { podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" },
  IPv6: { podCidr: "fd00:10:244::/64", clusterCidr: "fd00:10:244::/48", serviceCidr: "fd00:10:96::/112" },
}
export const NAMESPACES = new Map<string, Readonly<Record<string, string>>>([
  ["x", { team: "x", kind: "test" }],
  ["y", { team: "y", kind: "test" }],
  ["z", { team: "z" }],
])
export const PORTS = [80, 81]

/**
 * A node with pods a and b in three namespaces, each of which answers on two ports by TCP and UDP. `families`: those that
 * they have addresses of; the pods' `ip` is of the last.
 */
export async function nodeWithPods(t: TestContext, families: readonly IpFamily[] = ["IPv4"]) {
  const bed = createTestBed(t)
  const node = bed.namespace("node")
  // The kernel says "prohibited" to one address only so often.
  inNetworkNamespace(node, () => {
    writeSysctl(["net", "ipv4", "icmp_ratelimit"], "0")
    writeSysctl(["net", "ipv6", "icmp", "ratelimit"], "0")
  })
  const ranges = families.map((family) => RANGES[family])
  const own = { name: "gtest0", podCidrs: ranges.map(({ podCidr }) => podCidr), netns: node, platform }
  const policies = createPodPolicies(own)
  const bridge = createBridgeNetwork({ ...own, ranges, stateDir: join(bed.dir, "state"), gate: policies })
  bed.defer(() => bridge.close())
  bed.defer(() => policies.close())
  await bridge.start()
  await policies.start()
  for (const [name, labels] of NAMESPACES) policies.setNamespace(name, labels)
  const pods: (TestPod & { readonly netns: string })[] = []
  for (const namespace of NAMESPACES.keys()) {
    for (const name of ["a", "b"]) {
      const netns = bed.namespace(`${namespace}-${name}`)
      const request = { namespace, name, podUid: `${namespace}-${name}`, labels: { pod: name } }
      const { ips } = await bridge.setUp(podRequest(`${namespace}-${name}`, netns, request))
      const ip = ips.at(-1) ?? ""
      const pod = { namespace, name, labels: { pod: name }, ip, netns }
      for (const number of PORTS) {
        await bed.serve(netns, number, "tcp")
        await bed.serve(netns, number, "udp", "udp")
      }
      policies.setPod(podObject(pod))
      pods.push(pod)
    }
  }
  // A port of a bridge takes a moment to come up, which TCP bears.
  const nodeIp = bridge.gateways.at(-1) ?? ""
  for (const { ip } of pods) assert.equal(await bed.ask(node, ip, 80), `tcp ${nodeIp}`)
  const podOf = (namespace: string, name: string) => {
    const pod = pods.find((each) => each.namespace === namespace && each.name === name)
    assert.ok(pod)
    return pod
  }
  return { bed, node, nodeIp, bridge, policies, pods, podOf, own }
}
