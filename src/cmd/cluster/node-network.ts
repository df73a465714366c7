import { existsSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { createNodeBridge, type NodeBridge } from "../../network/node-netns/node-bridge.ts"
import type { NodeSwitch } from "../../network/node-netns/node-switch.ts"
import type { Platform } from "../../platform/platform.ts"
import { nodeAddresses } from "./addresses.ts"
import { netnsPathOf } from "./components.ts"
import { layoutOf } from "./layout.ts"
import { type ClusterRecord, readRecord } from "./record.ts"

/** The network between the nodes of one machine: a bridge, and a namespace for each node after the first. */

export const nodesDevice = (devicePrefix: string): string => `${devicePrefix}nodes`

/** Makes what is missing. What runs on the nodes is not disturbed. */
export async function createNodeNetwork(record: ClusterRecord, platform: Platform): Promise<void> {
  const bridge = bridgeOf(record, platform)
  try {
    await bridge.start()
    for (const node of namespacesOf(record)) {
      mkdirSync(dirname(node.netnsPath), { recursive: true, mode: 0o700 })
      bridge.addNode(node)
    }
  } finally {
    bridge.close()
  }
}

/** For the first node's agent, which looks after it. The caller closes it. */
export function watchNodeNetwork(record: ClusterRecord, platform: Platform): NodeSwitch & { close(): void } {
  const bridge = bridgeOf(record, platform)
  // Nodes may have come since.
  const nodes = () => namespacesOf(readRecord(record.name) ?? record)
  return { ...bridge.watched(nodes), close: bridge.close }
}

/** Removes bridge and namespaces. Does nothing when there are none. */
export async function removeNodeNetwork(record: ClusterRecord, platform: Platform): Promise<void> {
  const bridge = bridgeOf(record, platform)
  try {
    for (const node of namespacesOf(record)) if (existsSync(node.netnsPath)) bridge.removeNode(node)
    await bridge.destroy()
  } finally {
    bridge.close()
  }
}

function namespacesOf(record: ClusterRecord) {
  return record.nodes
    .filter(({ kind }) => kind === "namespace")
    .map(({ name }) => ({ name, netnsPath: netnsPathOf(record, name), addresses: nodeAddresses(record, name) }))
}

function bridgeOf(record: ClusterRecord, platform: Platform): NodeBridge {
  const layout = layoutOf(record)
  return createNodeBridge({
    name: nodesDevice(layout.devicePrefix),
    ranges: layout.ranges.map(({ nodeCidr, podCidr }) => ({ nodeCidr, clusterCidr: podCidr })),
    platform,
  })
}
