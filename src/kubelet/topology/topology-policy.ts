import type { NumaNode } from "../../platform/linux/machine-topology.ts"
import { parseGoBoolean, parseGoInteger } from "../settings/go-values.ts"
import { maskOf, NUMA_NODE_MAX, type NumaMask, nodesOf } from "./numa-mask.ts"

export type TopologyPolicyName = "none" | "best-effort" | "restricted" | "single-numa-node"
export type TopologyScope = "container" | "pod"

/** https://kubernetes.io/docs/tasks/administer-cluster/topology-manager/#topology-manager-policy-options */
export interface TopologyOptions {
  /** Of sets of equally many NUMA nodes, the one whose nodes are closest to each other. */
  readonly preferClosest: boolean
  /** The work of finding common nodes grows exponentially with them. */
  readonly nodesMax: number
}

export const topologyPolicies: readonly TopologyPolicyName[] = ["none", "best-effort", "restricted", "single-numa-node"]
export const topologyScopes: readonly TopologyScope[] = ["container", "pod"]

const NODES_MAX = 8

export const noTopologyOptions: TopologyOptions = { preferClosest: false, nodesMax: NODES_MAX }

/** Throws an `Error` in the kubelet's words. */
export function parseTopologyOptions(given: Readonly<Record<string, string>>): TopologyOptions {
  let options = noTopologyOptions
  for (const [name, value] of Object.entries(given)) {
    const quoted = JSON.stringify(name)
    if (name === "prefer-closest-numa-nodes") {
      const preferClosest = parseGoBoolean(value, (why) => `bad value for option ${quoted}: ${why}`)
      options = { ...options, preferClosest }
    } else if (name === "max-allowable-numa-nodes") {
      const nodesMax = parseGoInteger(value, (why) => `unable to convert policy option to integer ${quoted}: ${why}`)
      if (nodesMax < NODES_MAX) {
        throw new Error(`the minimum value of ${quoted} should not be less than ${NODES_MAX}`)
      }
      options = { ...options, nodesMax }
    } else {
      throw new Error(`unknown Topology Manager Policy option: ${quoted}`)
    }
  }
  return options
}

/** How resources of one container, or one pod, are brought together. */
export interface TopologyPolicy {
  readonly name: TopologyPolicyName
  readonly scope: TopologyScope
  readonly options: TopologyOptions
  /** All NUMA nodes of the machine. */
  readonly all: NumaMask
  /** The mean distance between nodes. */
  distance(mask: NumaMask): number
}

/** Throws an `Error` when the machine has too many NUMA nodes, or does not tell what the options need. */
export function topologyPolicy(
  name: TopologyPolicyName,
  scope: TopologyScope,
  options: TopologyOptions,
  nodes: readonly NumaNode[],
): TopologyPolicy {
  if (name !== "none") {
    if (options.preferClosest && nodes.some(({ distances }) => distances === undefined)) {
      throw new Error("cannot discover NUMA topology: error getting NUMA distances from cadvisor")
    }
    if (nodes.length > options.nodesMax) {
      throw new Error(`unsupported on machines with more than ${options.nodesMax} NUMA Nodes`)
    }
    if (nodes.some(({ id }) => id > NUMA_NODE_MAX)) {
      throw new Error(`unsupported on machines with NUMA nodes above ${NUMA_NODE_MAX}`)
    }
  }
  const distances = new Map(nodes.map((node) => [node.id, node.distances ?? []]))
  return {
    name,
    scope,
    options,
    all: name === "none" ? 0 : maskOf(nodes.map(({ id }) => id)),
    distance(mask) {
      const ids = nodesOf(mask)
      const sum = ids.reduce((total, from) => ids.reduce((row, to) => row + (distances.get(from)?.[to] ?? 0), total), 0)
      return ids.length === 0 ? 0 : sum / ids.length ** 2
    },
  }
}
