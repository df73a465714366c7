import { join } from "node:path"
import { createBridgeNetwork } from "../../src/network/cni/bridge-network.ts"
import { createVxlanOverlay } from "../../src/network/overlay/vxlan.ts"
import { createTestBed, platform, podRequest, type TestBed } from "../../src/network/testing/namespaces.ts"

export const CIDRS = { clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/12" }
export const NAME = "gbench0"

/** Throw-away namespaces for one figure. Everything is gone after `work`. */
export async function withBed<T>(work: (bed: TestBed) => Promise<T>): Promise<T> {
  const cleanUps: (() => unknown)[] = []
  const bed = createTestBed({ after: (cleanUp) => void cleanUps.push(cleanUp) })
  try {
    return await work(bed)
  } finally {
    for (const cleanUp of cleanUps) await cleanUp()
  }
}

export interface BenchNode {
  readonly netns: string
  readonly podCidr: string
  readonly nodeIp: string
}

/** A node with our pod network and so many pods. Returns the pods' namespaces; the first has the address `.2`. */
export async function addPods(bed: TestBed, node: BenchNode, count: number, mtu = 1500): Promise<string[]> {
  const { netns, podCidr } = node
  const stateDir = join(bed.dir, `state-${podCidr.replace("/", "-")}`)
  const overlayInterfaces = [`${NAME}v`]
  const ranges = [{ ...CIDRS, podCidr }]
  const options = { name: NAME, ranges, stateDir, netns, mtu: () => mtu, overlayInterfaces, platform }
  const bridge = createBridgeNetwork(options)
  bed.defer(() => bridge.close())
  await bridge.start()
  const pods: string[] = []
  for (let index = 0; index < count; index++) {
    const name = `pod-${podCidr.replace("/", "-")}-${index}`
    const pod = bed.namespace(name)
    await bridge.setUp(podRequest(name, pod))
    pods.push(pod)
  }
  return pods
}

/** Two nodes on one wire, with one pod each, and tunnels between them. */
export async function twoNodes(bed: TestBed): Promise<readonly [string, string]> {
  const nodes: BenchNode[] = [1, 2].map((index) => ({
    netns: bed.namespace(`node-${index}`),
    podCidr: `10.244.${index}.0/24`,
    nodeIp: `192.0.2.${index}`,
  }))
  const [one, two] = nodes
  if (!one || !two) throw new Error("two nodes were made")
  bed.connect(
    { netns: one.netns, name: "up0", address: `${one.nodeIp}/24` },
    { netns: two.netns, name: "up0", address: `${two.nodeIp}/24` },
  )
  const pods: string[] = []
  for (const node of [one, two]) {
    pods.push(...(await addPods(bed, node, 1, 1450)))
    const overlay = createVxlanOverlay({ device: `${NAME}v`, port: 8472, ...node, podCidrs: [node.podCidr] })
    bed.defer(() => overlay.close())
    overlay.start()
    overlay.setPeers([one, two].map(({ podCidr, nodeIp }) => ({ podCidrs: [podCidr], nodeIp, nodeIps: [nodeIp] })))
  }
  return [pods[0] ?? "", pods[1] ?? ""]
}
