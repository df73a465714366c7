import { join } from "node:path"
import { gatewayOf, macOf } from "../../machinery/net/cidr.ts"
import { deleteLinks } from "../../platform/linux/netlink/delete-links.ts"
import { INTERFACE_NAME_LENGTH_MAX, openRtnetlink, type Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import type { Platform } from "../../platform/platform.ts"
import type { PodNetwork, PodNetworkStatus } from "../../runtime/pod-network.ts"
import { familyFor } from "../family.ts"
import { admitThroughFirewalls, type OpenPort, withdrawFromFirewalls } from "../foreign-firewall.ts"
import { createNft, type RuleWriter, removeTable } from "../nft.ts"
import type { NodeRanges } from "../node-ranges.ts"
import { guardTable } from "../table-guard.ts"
import { type Lease, openAddressPool, toHostPort } from "./address-pool.ts"
import { announce, withdraw } from "./announce.ts"
import { bandwidthOf } from "./bandwidth.ts"
import { ensureBridge } from "./bridge-device.ts"
import { ensurePorts, type PluggedPod, portsOf } from "./bridge-ports.ts"
import { endUdpFlows } from "./end-udp-flows.ts"
import { gather } from "./gather.ts"
import { hostInterfaceOf } from "./host-interface.ts"
import { renderHostPorts, sharesHostPort } from "./host-ports.ts"
import type { PodGate } from "./pod-gate.ts"
import { leaveBridge, plugIn } from "./pod-interface.ts"
import { createPortFence, macOfPod } from "./port-fence.ts"
import { renderTable, type Tunnels } from "./rules.ts"

export interface BridgeNetworkOptions {
  /** The bridge's name, at most 15 characters; the nft table and the pods' interfaces are named after it too. */
  readonly name: string
  /** One, or one of each family: then each pod has an address of each, in this order. */
  readonly ranges: readonly NodeRanges[]
  /** The bridge's own addresses, outside the pod ranges, where plugins wire the pods: then it is for services only. */
  readonly servicesAddresses?: readonly string[]
  /** Where addresses in use are remembered. Nobody else writes there. */
  readonly stateDir: string
  /** Bytes, asked at each start; default 1500. With VXLAN between nodes: 50 less than the network below. */
  readonly mtu?: () => number
  /** Path of the node's network namespace; default: the process's own. */
  readonly netns?: string
  /** Absent with one node only. */
  readonly tunnels?: Tunnels
  /** What else a firewall of the machine must let through. */
  readonly admit?: { readonly forward: readonly string[]; readonly ports: readonly OpenPort[] }
  /** Asked before a pod's interface comes up. */
  readonly gate?: PodGate
  readonly platform: Pick<Platform, "processes" | "log">
}

export interface BridgeNetwork extends PodNetwork {
  readonly name: string
  readonly ranges: readonly NodeRanges[]
  /** The bridge's addresses, one for each of the ranges: the pods' gateways, and where the node's DNS server listens. */
  readonly gateways: readonly string[]
  /** Makes bridge, routes and rules, or repairs them. To be called before anything else; may be called again. */
  start(): Promise<void>
  /**
   * Writes rules again that someone else changed, and opens firewalls that came up since. For when rules have changed.
   * Returns what was not as it should be, in words.
   */
  repair(): Promise<readonly string[]>
  /**
   * Makes the bridge again, with what belongs to it: addresses, routes, settings of the kernel and the pods' interfaces.
   * Returns what was not as it should be, in words.
   */
  repairDevices(): readonly string[]
  /**
   * For start-up: pods that run already. Its addresses are the runtime's word where ours are lost; then what depends on
   * them is made again.
   */
  adopt(pods: readonly RunningPod[]): Promise<void>
  readonly writer: RuleWriter
  /** The addresses of a sandbox, in the order of the ranges. */
  addressesOf(sandboxId: string): readonly string[]
  /** Frees what belongs to sandboxes that are not among the live ones. For start-up, after a crash. */
  reconcile(liveSandboxIds: ReadonlySet<string>): Promise<void>
  /** Removes bridge, pods' interfaces, routes and rules. */
  destroy(): Promise<void>
  close(): void
}

export interface RunningPod extends PluggedPod {
  readonly ips: readonly string[]
}

const MTU_DEFAULT = 1500

/**
 * Our default pod network: one bridge per node, one veth pair per pod.
 *
 * Pods get their addresses as a /32 (IPv6: a /128) with the bridge as gateway for everything, so that packets between pods of one node
 * are routed, never just bridged: then answers pass the connection tracking that translated the question, whether or
 * not `net.bridge.bridge-nf-call-iptables` is set. The service range is routed to the bridge, not made unreachable:
 * a program on the node could not even send to a service otherwise, as routing comes before translation. So is the
 * rest of the cluster's pod range: the rules then answer with a TCP reset, which a client cannot miss, where the
 * kernel's "unreachable" is lost while the client's socket is still busy sending.
 */
export function createBridgeNetwork(options: BridgeNetworkOptions): BridgeNetwork {
  const { name, netns, ranges } = options
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > INTERFACE_NAME_LENGTH_MAX) {
    throw new RangeError(`found network name "${name}", expected 1 to 15 lower-case letters, digits and dashes`)
  }
  const podCidrs = ranges.map(({ podCidr }) => podCidr)
  const hasPods = options.servicesAddresses === undefined
  const gateways = options.servicesAddresses ?? podCidrs.map(gatewayOf)
  const balancers = ranges.flatMap(({ loadBalancerCidrs = [] }) => loadBalancerCidrs)
  const table = `${name}-pods`
  const pools = podCidrs.map((podCidr) => openAddressPool(join(options.stateDir, "addresses"), podCidr))
  const nft = createNft(options.platform.processes, netns)
  const { log } = options.platform
  const shared = { table, bridge: name, tunnels: options.tunnels }
  const tables = ranges.map((own, place) => {
    const whole = () => nft.apply(renderTable({ ...shared, ranges: own }, pools[place]?.leases() ?? []))
    const writeWhole = () => {
      guard.changed()
      return whole()
    }
    const guard = guardTable(nft, `${familyFor(own.podCidr).nft} ${table}`, writeWhole)
    return { guard, writeWhole }
  })
  const gatewayMac = macOf(gateways[0] ?? "")
  const leases = () => pools.flatMap((pool) => pool.leases())
  const leasesOf = (sandboxId: string) => pools.flatMap((pool) => pool.find(sandboxId) ?? [])
  const fence = createPortFence({ network: name, mac: gatewayMac, podCidrs, leases, nft, netns, log })
  const plugged = new Map<string, PluggedPod>()
  let node: Rtnetlink | undefined
  let bridgeIndex = 0
  let mtu = MTU_DEFAULT

  async function writeTables(): Promise<void> {
    await Promise.all(tables.map(({ writeWhole }) => writeWhole()))
  }

  /** What two pods want is written with the whole table, which knows whose it is. */
  const isShared = (own: readonly Lease[]) => own.some((lease) => sharesHostPort(lease, leases()))

  async function writeHostPorts(own: readonly Lease[], verb: "add" | "delete"): Promise<void> {
    const text = own.map((lease) => renderHostPorts(table, lease, verb)).join("")
    if (text === "") return
    for (const { guard } of tables) guard.changed()
    await nft.apply(text)
  }

  function nodeLinks(): Rtnetlink {
    node ??= openRtnetlink(netns)
    return node
  }

  function ensureDevices(): string[] {
    const rt = nodeLinks()
    const { index, mended } = ensureBridge(rt, { name, ranges, gateways, hasPods, netns }, mtu)
    bridgeIndex = index
    const ports = ensurePorts(rt, { name, bridgeIndex, leases: leases(), plugged, plugIn: plugPodIn })
    // An interface that goes down and comes up again has forgotten.
    announce(rt, balancers, name)
    return [...mended, ...ports]
  }

  function startBridge(): void {
    mtu = options.mtu?.() ?? MTU_DEFAULT
    ensureDevices()
  }

  function plugPodIn(request: PluggedPod, own: readonly Lease[]): void {
    plugIn(nodeLinks(), {
      netnsPath: request.netnsPath,
      name: request.interfaceName,
      mac: macOfPod(own),
      addresses: own.map(({ ip }, place) => ({ ip, gateway: gateways[place] ?? "" })),
      gatewayMac,
      port: hostInterfaceOf(name, request.sandboxId),
      bandwidth: bandwidthOf(request.annotations),
      bridgeIndex,
      mtu,
    })
  }

  async function openFirewalls(): Promise<string[]> {
    const { forward = [], ports = [] } = options.admit ?? {}
    const interfaces = [name, ...(options.tunnels ? [options.tunnels.device] : []), ...forward]
    const firewalls = await admitThroughFirewalls(nft, { name, forward: interfaces, input: [name], ports }, netns)
    if (firewalls.length > 0) log.info("let pods through the machine's firewall", { firewalls })
    return firewalls.map((firewall) => `the firewall ${firewall} dropped what pods send and receive`)
  }

  const deletePort = gather((ports: readonly string[]) => deleteLinks(ports, netns))

  /** The addresses are free for others only when no packet can reach the old pod under them. */
  async function release(sandboxId: string): Promise<void> {
    plugged.delete(sandboxId)
    await deletePort(hostInterfaceOf(name, sandboxId))
    const own = leasesOf(sandboxId)
    if (own.length === 0) return
    // The index of a bridge that somebody else started, as when a cluster is taken down.
    const index = nodeLinks().link(name)?.index
    if (index !== undefined) leaveBridge(nodeLinks(), { bridgeIndex: index, mac: macOfPod(own), addresses: own })
    await fence.withdraw(own)
    const writeWithout = () => {
      for (const pool of pools) pool.release(sandboxId)
      return writeTables()
    }
    if (isShared(own)) await writeWithout()
    else await writeHostPorts(own, "delete").catch(writeWithout)
    for (const { hostPorts, ip } of own) {
      if (hostPorts.some(({ protocol }) => protocol === "udp")) endUdpFlows(ip, netns)
    }
    for (const pool of pools) pool.release(sandboxId)
    options.gate?.forget(sandboxId)
  }

  return {
    name,
    ranges,
    gateways,
    async start() {
      startBridge()
      await writeTables()
      await fence.make()
      await openFirewalls()
    },
    async repair() {
      const repaired = await Promise.all([...tables.map(({ guard }) => guard.check()), fence.repair()])
      const rules = repaired.includes(true) ? [`the rules of ${name}'s pods were not as written`] : []
      return [...rules, ...(await openFirewalls())]
    },
    repairDevices: ensureDevices,
    async adopt(pods) {
      if (!hasPods) return
      for (const pod of pods) plugged.set(pod.sandboxId, pod)
      const lost = pods.filter(({ sandboxId, ips }) => ips.length > 0 && leasesOf(sandboxId).length < pools.length)
      const found = lost.filter(({ sandboxId, ips }) => {
        const own = pools.map((pool) => ips.some((ip) => pool.adopt(sandboxId, ip)))
        return own.includes(true)
      })
      if (found.length === 0) return
      const sandboxes = found.map(({ sandboxId }) => sandboxId)
      log.warn("found no files of pods' addresses, wrote them again without host ports", { sandboxes })
      startBridge()
      await writeTables()
      await fence.make()
    },
    writer: nft,
    addressesOf: (sandboxId) => leasesOf(sandboxId).map(({ ip }) => ip),
    async setUp(request) {
      const hostPorts = request.portMappings.filter((mapping) => mapping.hostPort > 0).map(toHostPort)
      const before = leasesOf(request.sandboxId).length > 0
      const own = pools.map((pool) => pool.acquire(request.sandboxId, hostPorts))
      const ips = own.map(({ ip }) => ip)
      await Promise.all([options.gate?.admit({ ...request, ips }), fence.admit(own)])
      plugPodIn(request, own)
      plugged.set(request.sandboxId, request)
      // After a crash in the middle nobody knows which of its ports are in the map: then the table is written whole.
      if (before || isShared(own)) await writeTables()
      else await writeHostPorts(own, "add")
      return { ips }
    },
    tearDown: (request) => release(request.sandboxId),
    async status(): Promise<PodNetworkStatus> {
      const link = nodeLinks().link(name)
      if (link?.up) return { ready: true, reason: "", message: "" }
      const message = `the bridge ${name} is ${link ? "down" : "missing"}; restart the agent, which makes it again`
      return { ready: false, reason: "NetworkPluginNotReady", message }
    },
    async reconcile(liveSandboxIds) {
      const live = new Set([...liveSandboxIds].map((id) => hostInterfaceOf(name, id)))
      const stale = new Set(leases().flatMap(({ sandboxId }) => (liveSandboxIds.has(sandboxId) ? [] : [sandboxId])))
      const ports = portsOf(nodeLinks(), name).map((port) => port.name)
      await deleteLinks(
        ports.filter((port) => !live.has(port)),
        netns,
      )
      await Promise.all([...stale].map(release))
      for (const pool of pools) pool.freeDamaged()
    },
    async destroy() {
      const ports = portsOf(nodeLinks(), name).map((port) => port.name)
      await deleteLinks([...ports, name], netns)
      withdraw(nodeLinks(), balancers)
      for (const pool of pools) for (const lease of pool.leases()) pool.release(lease.sandboxId)
      for (const podCidr of podCidrs) await nft.apply(removeTable(`${familyFor(podCidr).nft} ${table}`))
      await fence.remove()
      await withdrawFromFirewalls(nft, name, netns)
    },
    close() {
      node?.close()
      node = undefined
    },
  }
}
