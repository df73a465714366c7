import { join } from "node:path"
import { type ClusterRecord, GANTRY_DIR } from "./record.ts"

/** Everything about a cluster that follows from its record: folders, address ranges, ports and device names. */
export interface ClusterLayout {
  readonly pkiDir: string
  readonly storeFile: string
  readonly imagesDir: string
  readonly logsDir: string
  /** State of this boot: process ids, sockets, pinned namespaces. On a tmpfs. */
  readonly runDir: string
  readonly podCidr: string
  readonly serviceCidr: string
  /** Range of the nodes' own addresses, where they live in network namespaces. */
  readonly nodeCidr: string
  /** Of the bridge for services, where plugins wire the pods. */
  readonly servicesAddress: string
  /** Addresses for services of type LoadBalancer: a CIDR block, or `FIRST-LAST`. */
  readonly loadBalancerPool: string
  /** Cluster IP of the `kubernetes` service. */
  readonly kubernetesIp: string
  readonly dnsIp: string
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
  readonly podCidr: string
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

export const defaultDataDir = (name: string): string => join(GANTRY_DIR, "clusters", name)
/** What some file systems have at their top. It is nobody's. */
export const LOST_AND_FOUND = "lost+found"

/** State of this boot of all clusters. */
export const RUN_DIR = "/run/gantry"
export const runDirOf = (name: string): string => join(RUN_DIR, name)

export function layoutOf(record: ClusterRecord): ClusterLayout {
  const { slot, dataDir, name } = record
  const pods = 244 - slot
  const services = 96 + slot
  const runDir = runDirOf(name)
  const devicePrefix = `gantry${slot}`
  const cgroup = `/gantry-${name}`
  const logsDir = join(dataDir, "logs")
  return {
    pkiDir: join(dataDir, "pki"),
    storeFile: join(dataDir, "store.db"),
    imagesDir: join(dataDir, "images"),
    logsDir,
    runDir,
    podCidr: `10.${pods}.0.0/16`,
    serviceCidr: `10.${services}.0.0/16`,
    nodeCidr: `10.89.${slot}.0/24`,
    servicesAddress: `10.89.${slot}.254`,
    loadBalancerPool: record.loadBalancerPool ?? `10.90.${slot}.0/24`,
    kubernetesIp: `10.${services}.0.1`,
    dnsIp: `10.${services}.0.10`,
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
        podCidr: `10.${pods}.${index}.0/24`,
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
