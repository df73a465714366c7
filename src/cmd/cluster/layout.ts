import { join } from "node:path"
import { addressIn, type ClusterRanges, nodeRange, rangesOf } from "./ranges.ts"
import { type ClusterRecord, GANTRY_DIR } from "./record.ts"

/** Everything about a cluster that follows from its record: folders, address ranges, ports and device names. */
export interface ClusterLayout {
  readonly pkiDir: string
  readonly storeFile: string
  readonly imagesDir: string
  readonly logsDir: string
  /** State of this boot: process ids, sockets, pinned namespaces. On a tmpfs. */
  readonly runDir: string
  /** One, or one of each family; the first is of the family that is meant where only one counts. */
  readonly ranges: readonly ClusterRanges[]
  /** Cluster IP of the `kubernetes` service. */
  readonly kubernetesIp: string
  /** One of each family. */
  readonly dnsIps: readonly string[]
  readonly clusterDomain: string
  /** First part of the names of network devices and nft tables. */
  readonly devicePrefix: string
  /** Top of the cluster's cgroups, below each hierarchy's root. */
  readonly cgroup: string
  readonly vxlanPort: number
  node(name: string): NodeLayout
}

export interface NodeLayout {
  readonly index: number
  readonly dataDir: string
  readonly runDir: string
  /** One from each of the cluster's. */
  readonly podCidrs: readonly string[]
  readonly kubeletPort: number
  readonly bridge: string
  /** Parent of the pods' cgroups. */
  readonly cgroup: string
  readonly logFile: string
}

/** A machine can hold so many clusters side by side. */
export const SLOTS_MAX = 50
export const API_PORT_DEFAULT = 6443
const KUBELET_PORT = 10_250
const VXLAN_PORT = 8472
/** Of the cluster's DNS in the service range, as many installers have it. */
const DNS_PLACE = 10

export const defaultDataDir = (name: string): string => join(GANTRY_DIR, "clusters", name)
/** What some file systems have at their top. It is nobody's. */
export const LOST_AND_FOUND = "lost+found"

/** State of this boot of all clusters. */
export const RUN_DIR = "/run/gantry"
export const runDirOf = (name: string): string => join(RUN_DIR, name)

/** First part of the names of network devices and nft tables of the cluster in a slot. */
export const devicePrefixOf = (slot: number): string => `gantry${slot}`

export function layoutOf(record: ClusterRecord): ClusterLayout {
  const { slot, dataDir, name } = record
  const ranges = rangesOf(record)
  const runDir = runDirOf(name)
  const devicePrefix = devicePrefixOf(slot)
  const cgroup = `/gantry-${name}`
  const logsDir = join(dataDir, "logs")
  return {
    pkiDir: join(dataDir, "pki"),
    storeFile: join(dataDir, "store.db"),
    imagesDir: join(dataDir, "images"),
    logsDir,
    runDir,
    ranges,
    kubernetesIp: addressIn(ranges[0]?.serviceCidr ?? "", 1),
    dnsIps: ranges.map(({ serviceCidr }) => addressIn(serviceCidr, DNS_PLACE)),
    clusterDomain: "cluster.local",
    devicePrefix,
    cgroup,
    vxlanPort: VXLAN_PORT + slot,
    node(nodeName) {
      const index = record.nodes.findIndex((node) => node.name === nodeName)
      if (index < 0) throw new RangeError(`cluster ${name} has no node ${nodeName}`)
      return {
        index,
        dataDir: join(dataDir, "nodes", nodeName),
        runDir: join(runDir, "nodes", nodeName),
        podCidrs: ranges.map(({ podCidr }) => nodeRange(podCidr, index)),
        // Nodes in namespaces have all ports to themselves.
        kubeletPort: index === 0 ? KUBELET_PORT + (slot === 0 ? 0 : 50 + slot) : KUBELET_PORT,
        bridge: `${devicePrefix}n${index}`,
        cgroup: record.nodes.length === 1 ? cgroup : `${cgroup}/${nodeName}`,
        logFile: join(logsDir, `agent-${nodeName}.log`),
      }
    },
  }
}

export const serverLogFile = (layout: ClusterLayout): string => join(layout.logsDir, "server.log")
