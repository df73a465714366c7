import { join } from "node:path"
import type { Client } from "../../client/client.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import { keyOf } from "../../client/informer.ts"
import type { Platform } from "../../platform/platform.ts"
import type { BridgeNetwork } from "../cni/bridge-network.ts"
import { startDnsServer } from "../dns/dns-server.ts"
import type { Zone } from "../dns/zone.ts"
import { ofFamily } from "../family.ts"
import type { NodeSwitch } from "../node-netns/node-switch.ts"
import { type Peer, peersOf, tunnelAddress } from "../overlay/peers.ts"
import { createVxlanOverlay, type Overlay } from "../overlay/vxlan.ts"
import type { PodPolicies } from "../policy/pod-policies.ts"
import type { NodeAlias } from "../policy/policy-state.ts"
import { createServiceProxy, type ServiceProxy } from "../proxy/service-proxy.ts"
import { feedDnsSettings } from "./dns-feed.ts"
import { type Known, type LastKnown, openLastKnown } from "./last-known.ts"
import { feedNodes } from "./node-feed.ts"
import { feedPolicies, NO_POLICIES } from "./policy-feed.ts"
import { feedServices, serviceKeyOf } from "./service-feed.ts"
import { watchOver } from "./watch-over.ts"

export interface NodeNetworkOptions {
  /** Must be allowed to list and watch services, endpoint slices, nodes, namespaces, pods and network policies, and the ConfigMap `kube-system/kube-dns`. */
  readonly client: Client
  readonly platform: Platform
  /** For warnings about services, and about what others change in the node's network. */
  readonly events?: EventRecorder
  readonly nodeName: string
  /** One of each family of the cluster, in its order: the first is also where tunnels begin and end. */
  readonly nodeIps: readonly [string, ...string[]]
  /** Started already. */
  readonly bridge: BridgeNetwork
  /** The gate of the bridge's pods. It knows those that run already. Absent: policies are not enforced here. */
  readonly policies?: PodPolicies
  /** Whether a pod of this node has the address, where addresses are not from the cluster's range. */
  readonly isPod?: (address: string) => boolean
  /** Such as `cluster.local`. */
  readonly clusterDomain: string
  /** The addresses that pods may have as their name server, one of each family. They belong to no service object. */
  readonly dnsIps: readonly string[]
  /** Where to remember what the API said. Nobody else writes there. */
  readonly stateDir: string
  /** On the machine itself, when it has further nodes. Started already, and its owner's. */
  readonly nodeSwitch?: NodeSwitch
  /** Tunnels to the other nodes' pods. The bridge must have been told of the device. Absent: this is the only node. */
  readonly overlay?: { readonly device: string; readonly port: number }
  /** Instead of the node's `/etc/resolv.conf`, for tests. */
  readonly resolvConf?: string
  /** Path of the node's network namespace; default: the process's own. */
  readonly netns?: string
  /** Path of the machine's network namespace, for a node with one of its own: the machine's resolver may listen there only. */
  readonly loopbackNetns?: string
  /** Stops following the API and answering DNS. What is in the kernel stays and works on. */
  readonly signal: AbortSignal
}

export interface NodeNetwork {
  /** Resolves when all services and policies that the API knows are in the kernel. */
  readonly synced: Promise<void>
  /** For tests and `doctor`. */
  readonly proxy: ServiceProxy
  /** Resolves after the signal, when everything has come to rest. */
  readonly stopped: Promise<void>
  /** To be called after the signal: removes this node's rules and tunnels. The bridge is its owner's. */
  destroy(): Promise<void>
}

/**
 * A node's share of the cluster's network beyond its own pods, driven by the API: services, DNS, and the way to other nodes.
 *
 * Each node answers DNS itself: pods ask the cluster's DNS address, which the node's own rules lead to the node's own
 * server, so names resolve as long as the node runs, whatever becomes of other nodes and the API. Throws when the DNS
 * server cannot listen.
 */
export function runNodeNetwork(options: NodeNetworkOptions): NodeNetwork {
  const { bridge, policies, signal, platform, dnsIps, nodeName, nodeIps } = options
  const log = platform.log.with({ component: "node-network" })
  const dns = startDnsServer({
    ...options,
    ranges: bridge.ranges,
    addresses: bridge.gateways,
    domain: options.clusterDomain,
    ...(policies && { namespaceOf: policies.namespaceOf }),
  })
  const proxy = createServiceProxy({
    ...options,
    name: bridge.name,
    ranges: bridge.ranges,
    dns: dnsIps.flatMap((clusterIp) => {
      const address = ofFamily(bridge.gateways, clusterIp)
      return address === undefined ? [] : [{ clusterIp, address, port: dns.port }]
    }),
    warn: (service, { reason, message }) => options.events?.record(service, "Warning", reason, message),
  })
  const tunnels = openOverlay(options)
  tunnels?.start()
  const current = (): Known => ({
    services: feed.services(),
    slices: feed.slices(),
    nodes: nodeFeed.nodes(),
    dnsSettings: dnsFeed.data(),
    ...(policyFeed?.facts() ?? NO_POLICIES),
  })
  const memory: LastKnown = openLastKnown(join(options.stateDir, "last-known.json"), current, { ...platform, log })
  const known = memory.read()
  const restored = restoreNames(dns.zone, known)
  const onPeers = (peers: readonly Peer[]) => policies?.setNodes(peers.flatMap(aliasesOf))
  const knownPeers = peersOf(known.nodes, { nodeName, nodeIp: nodeIps[0] })
  onPeers(knownPeers)
  // After a reboot only: what the kernel has is never older than the file.
  if (tunnels && !tunnels.hasPeers()) tunnels.setPeers(knownPeers)
  const onChange = () => memory.changed()
  const policyFeed = policies && feedPolicies({ ...options, policies, onChange }, known)
  const dnsFeed = feedDnsSettings({ ...options, dns, onChange }, known.dnsSettings)
  const feed = feedServices({ ...options, proxy, dns: dns.zone, onChange })
  const onZone = (zone: string) => {
    proxy.setZone(zone)
    feed.tellAll()
  }
  const nodeFeed = feedNodes({
    ...options,
    nodeIp: nodeIps[0],
    podCidrs: podCidrsOf(bridge),
    overlay: tunnels,
    onChange,
    onZone,
    onPeers,
  })

  async function start(): Promise<void> {
    await Promise.all([feed.synced, nodeFeed.synced])
    const present = new Set(feed.services().map(keyOf))
    for (const key of restored) if (!present.has(key)) dns.zone.remove(key)
    await Promise.all([proxy.start(), policyFeed?.synced, dnsFeed.synced])
  }

  const watching = watchOver({
    bridge,
    proxy,
    policies,
    nodeFeed,
    ...(options.nodeSwitch && { nodeSwitch: options.nodeSwitch }),
    clock: platform.clock,
    log,
    signal,
    netns: options.netns,
    onRepaired(mended) {
      log.warn("somebody else changed the node's network, made it again as it should be", { mended })
      const node = { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, uid: nodeName } }
      const message = `Somebody else changed the node's network; it is again as it should be: ${mended.join("; ")}`
      options.events?.record(node, "Warning", "NetworkRepaired", message)
    },
  })
  const stopped = aborted(signal).then(async () => {
    memory.close()
    await watching
    await Promise.all([dns.close(), proxy.close(), policies?.close()])
    tunnels?.close()
  })
  return {
    proxy,
    stopped,
    synced: start(),
    async destroy() {
      await stopped
      await proxy.destroy()
      await policies?.destroy()
      const links = openOverlay(options)
      links?.destroy()
      links?.close()
    },
  }
}

const podCidrsOf = ({ ranges }: BridgeNetwork): readonly string[] => ranges.map(({ podCidr }) => podCidr)

/** What a node's programs send into the tunnel comes from the tunnel's address of the same family. */
function aliasesOf({ podCidrs, nodeIps }: Peer): NodeAlias[] {
  return podCidrs.flatMap((podCidr) => {
    const address = ofFamily(nodeIps, podCidr)
    return address === undefined ? [] : [{ address, tunnel: tunnelAddress(podCidr) }]
  })
}

function openOverlay({ overlay, nodeIps: [nodeIp], bridge, netns }: NodeNetworkOptions): Overlay | undefined {
  if (!overlay) return undefined
  return createVxlanOverlay({ ...overlay, nodeIp, podCidrs: podCidrsOf(bridge), ...(netns !== undefined && { netns }) })
}

/** Names as they were when the node last heard from the API. Returns the services' keys. */
function restoreNames(zone: Zone, known: Known): readonly string[] {
  const slices = Map.groupBy(known.slices, serviceKeyOf)
  for (const service of known.services) zone.set(service, slices.get(keyOf(service)) ?? [])
  return known.services.map(keyOf)
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
}
