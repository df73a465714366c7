import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { createImageStore, type DiskImageStore } from "../../images/image-store.ts"
import type { NodeImages } from "../../images/images.ts"
import { cidrsOf, parseAddressRange } from "../../machinery/net/address-range.ts"
import { type BridgeNetwork, type BridgeNetworkOptions, createBridgeNetwork } from "../../network/cni/bridge-network.ts"
import {
  createPluginNetwork,
  type PluginNetwork,
  type PluginNetworkOptions,
} from "../../network/cni/plugins/plugin-network.ts"
import type { OpenPort } from "../../network/foreign-firewall.ts"
import type { NodeRanges } from "../../network/node-ranges.ts"
import { podMtu } from "../../network/overlay/mtu.ts"
import { createPodPolicies, type PodPolicies } from "../../network/policy/pod-policies.ts"
import type { Platform } from "../../platform/platform.ts"
import { openOciRuntime } from "../../runtime/oci/open.ts"
import type { ContainerRuntime } from "../../runtime/runtime.ts"
import { nodeAddresses } from "../cluster/addresses.ts"
import { nodeConfDir } from "../cluster/cni-folders.ts"
import { layoutOf } from "../cluster/layout.ts"
import { nodesDevice } from "../cluster/node-network.ts"
import type { ClusterRecord, CniFolders } from "../cluster/record.ts"

/** What of a node exists on the machine: its images, its bridge, its containers. For the agent, and for taking it down. */
export interface NodeParts {
  readonly images: DiskImageStore
  readonly bridge: BridgeNetwork
  readonly policies: PodPolicies
  /** Wire the pods instead of the bridge. */
  readonly plugins: PluginNetwork | undefined
  openRuntime(): Promise<OpenedRuntime>
}

export interface OpenedRuntime {
  readonly runtime: ContainerRuntime
  /** The runtime's, which are the machine's own only where the runtime is Gantry's. */
  readonly images: NodeImages
}

export const vxlanDevice = (bridge: string): string => `${bridge}v`

/** `netns`: path of the node's network namespace, for a process that is not in it itself. */
export function nodeParts(record: ClusterRecord, nodeName: string, platform: Platform, netns?: string): NodeParts {
  const layout = layoutOf(record)
  const node = layout.node(nodeName)
  const several = record.nodes.length > 1
  const networkDir = join(node.dataDir, "network")
  mkdirSync(networkDir, { recursive: true, mode: 0o700 })
  const images = createImageStore({ dir: layout.imagesDir, platform, proxyEnv: process.env })
  const own = { name: node.bridge, podCidrs: node.podCidrs, platform, ...(netns !== undefined && { netns }) }
  const policies = createPodPolicies(own)
  const bridge = createBridgeNetwork({
    ...own,
    gate: policies,
    ranges: nodeRangesOf(record, nodeName),
    stateDir: networkDir,
    mtu: () => podMtu(nodeAddresses(record, nodeName)[0], several, netns),
    ...(record.cni && { servicesAddresses: layout.ranges.map(({ servicesAddress }) => servicesAddress) }),
    ...(several && { tunnels: { device: vxlanDevice(node.bridge), port: layout.vxlanPort } }),
    ...(node.index === 0 && several && { admit: admitNodes(record) }),
  })
  const plugins = record.cni && openPlugins(record.cni, own, { name: nodeName, index: node.index, networkDir })
  return {
    images,
    bridge,
    policies,
    plugins,
    async openRuntime() {
      const { runDir } = node
      const dataDir = join(node.dataDir, "runtime")
      if (record.runtime !== undefined) {
        const { openOtherRuntime } = await import("./other-runtime.ts")
        const own = { clusterName: record.name, dataDir: node.dataDir, runDir, network: bridge, platform }
        return openOtherRuntime({ ...own, endpoints: record.runtime })
      }
      const stateDir = join(runDir, "runtime")
      const runtime = await openOciRuntime({ dataDir, stateDir, platform, images, network: plugins ?? bridge })
      return { runtime, images }
    },
  }
}

/** The cluster's ranges, and the node's part of them. */
export function nodeRangesOf(record: ClusterRecord, nodeName: string): readonly NodeRanges[] {
  const layout = layoutOf(record)
  const { podCidrs } = layout.node(nodeName)
  return layout.ranges.map(({ podCidr: clusterCidr, serviceCidr, loadBalancerPool }, place) => ({
    podCidr: podCidrs[place] ?? "",
    clusterCidr,
    serviceCidr,
    loadBalancerCidrs: cidrsOf(parseAddressRange(loadBalancerPool)),
  }))
}

function openPlugins(
  { confDir, binDirs }: CniFolders,
  own: Pick<PluginNetworkOptions, "podCidrs" | "platform" | "netns">,
  { name, index, networkDir }: { readonly name: string; readonly index: number; readonly networkDir: string },
): PluginNetwork {
  return createPluginNetwork({
    ...own,
    binDirs,
    confDir: nodeConfDir(confDir, name),
    env: process.env,
    stateDir: join(networkDir, "attachments"),
    // The first node is the machine itself.
    ...(index > 0 && { varDir: join(networkDir, "cni") }),
  })
}

/** The other nodes live behind the machine's own firewall: tunnels, API and kubelet must stay reachable for them. */
function admitNodes(record: ClusterRecord): NonNullable<BridgeNetworkOptions["admit"]> {
  const { devicePrefix, ranges, vxlanPort, node } = layoutOf(record)
  const { kubeletPort } = node(record.nodes[0]?.name ?? "")
  return {
    forward: [nodesDevice(devicePrefix)],
    ports: ranges.flatMap(({ nodeCidr: from }): OpenPort[] => [
      { protocol: "udp", port: vxlanPort, from },
      { protocol: "tcp", port: record.apiPort, from },
      { protocol: "tcp", port: kubeletPort, from },
    ]),
  }
}
