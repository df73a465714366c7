import { join } from "node:path"
import { gatewayOf, macOf, parseCidr } from "../../machinery/net/cidr.ts"
import { deleteLinks } from "../../platform/linux/netlink/delete-links.ts"
import { inNetworkNamespace, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import {
  INTERFACE_NAME_LENGTH_MAX,
  type Link,
  openRtnetlink,
  ROUTE_PROTOCOL_GANTRY,
  type Route,
  type Rtnetlink,
} from "../../platform/linux/netlink/rtnetlink.ts"
import type { Platform } from "../../platform/platform.ts"
import type { PodNetwork, PodNetworkRequest, PodNetworkStatus } from "../../runtime/pod-network.ts"
import { admitThroughFirewalls, type OpenPort, withdrawFromFirewalls } from "../foreign-firewall.ts"
import { createNft, type RuleWriter, removeTable } from "../nft.ts"
import { guardTable } from "../table-guard.ts"
import { type Lease, openAddressPool, toHostPort } from "./address-pool.ts"
import { announce, withdraw } from "./announce.ts"
import { bandwidthOf } from "./bandwidth.ts"
import { endUdpFlows } from "./end-udp-flows.ts"
import { gather } from "./gather.ts"
import { hostInterfaceOf, hostInterfacePrefix } from "./host-interface.ts"
import type { PodGate } from "./pod-gate.ts"
import { plugIn } from "./pod-interface.ts"
import { fencePorts, removeFence, repairFence } from "./port-fence.ts"
import { FENCE_GATEWAY, renderHostPorts, renderTable } from "./rules.ts"

export interface BridgeNetworkOptions {
  /** The bridge's name, at most 15 characters; the nft table and the pods' interfaces are named after it too. */
  readonly name: string
  /** This node's range. */
  readonly podCidr: string
  /** The range that all nodes' ranges are from. */
  readonly clusterCidr: string
  readonly serviceCidr: string
  /** CIDR blocks of addresses that only the service rules lead somewhere, besides the service range. Default: none. */
  readonly loadBalancerCidrs?: readonly string[]
  /** The bridge's own address, outside the pod range, where plugins wire the pods: then it is for services only. */
  readonly servicesAddress?: string
  /** Where addresses in use are remembered. Nobody else writes there. */
  readonly stateDir: string
  /** Bytes, asked at each start; default 1500. With VXLAN between nodes: 50 less than the network below. */
  readonly mtu?: () => number
  /** Path of the node's network namespace; default: the process's own. */
  readonly netns?: string
  /** Names of interfaces to other nodes' pods (the VXLAN device), there yet or not. */
  readonly overlayInterfaces?: readonly string[]
  /** What else a firewall of the machine must let through. */
  readonly admit?: { readonly forward: readonly string[]; readonly ports: readonly OpenPort[] }
  /** Asked before a pod's interface comes up. */
  readonly gate?: PodGate
  readonly platform: Pick<Platform, "processes" | "log">
}

export interface BridgeNetwork extends PodNetwork {
  readonly name: string
  readonly podCidr: string
  /** The bridge's address: the pods' gateway, and where the node's DNS server listens. */
  readonly gateway: string
  /** Makes bridge, routes and rules, or repairs them. To be called before anything else; may be called again. */
  start(): Promise<void>
  /** Writes rules again that someone else changed, and opens firewalls that came up since. For when rules have changed. */
  repair(): Promise<void>
  /** Makes the bridge again when it is missing or down. Takes microseconds when it is not. */
  repairBridge(): void
  readonly writer: RuleWriter
  /** The address of a sandbox; undefined when it has none. */
  addressOf(sandboxId: string): string | undefined
  /** Frees what belongs to sandboxes that are not among the live ones. For start-up, after a crash. */
  reconcile(liveSandboxIds: ReadonlySet<string>): Promise<void>
  /** Removes bridge, pods' interfaces, routes and rules. */
  destroy(): Promise<void>
  close(): void
}

const MTU_DEFAULT = 1500
/** Loses against every route that somebody made on purpose. */
const FENCE_METRIC = 4096

/**
 * Our default pod network: one bridge per node, one veth pair per pod.
 *
 * Pods get their address as a /32 with the bridge as gateway for everything, so that packets between pods of one node
 * are routed, never just bridged: then answers pass the connection tracking that translated the question, whether or
 * not `net.bridge.bridge-nf-call-iptables` is set. The service range is routed to the bridge, not made unreachable:
 * a program on the node could not even send to a service otherwise, as routing comes before translation. So is the
 * rest of the cluster's pod range: the rules then answer with a TCP reset, which a client cannot miss, where the
 * kernel's "unreachable" is lost while the client's socket is still busy sending.
 */
export function createBridgeNetwork(options: BridgeNetworkOptions): BridgeNetwork {
  const { name, netns, loadBalancerCidrs: balancers = [] } = options
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > INTERFACE_NAME_LENGTH_MAX) {
    throw new RangeError(`found network name "${name}", expected 1 to 15 lower-case letters, digits and dashes`)
  }
  const gateway = options.servicesAddress ?? gatewayOf(options.podCidr)
  const table = `${name}-pods`
  const pool = openAddressPool(join(options.stateDir, "addresses"), options.podCidr)
  const nft = createNft(options.platform.processes, netns)
  const inNode = <T>(work: () => T): T => (netns === undefined ? work() : inNetworkNamespace(netns, work))
  const rules = {
    table,
    bridge: name,
    podCidr: options.podCidr,
    clusterCidr: options.clusterCidr,
    serviceCidrs: [options.serviceCidr, ...balancers],
    overlayInterfaces: options.overlayInterfaces ?? [],
  }
  const fence = { ...rules, table: `${name}-ports`, portPrefix: hostInterfacePrefix(name), mac: macOf(gateway) }
  const { log } = options.platform
  const writeTable = (leases: readonly Lease[]) => write(renderTable(rules, leases))
  const guard = guardTable(nft, `ip ${table}`, () => writeTable(pool.leases()))
  let node: Rtnetlink | undefined
  let bridgeIndex = 0
  let mtu = MTU_DEFAULT

  /** Packets to pods of nodes that are not known take it, and are refused on the way. */
  function strayRoute(index: number): Route {
    const way = { gateway: FENCE_GATEWAY, onlink: true, index, source: gateway, metric: FENCE_METRIC }
    return { type: "unicast", destination: options.clusterCidr, ...way }
  }

  function write(transaction: string): Promise<void> {
    guard.changed()
    return nft.apply(transaction)
  }

  function nodeLinks(): Rtnetlink {
    node ??= openRtnetlink(netns)
    return node
  }

  function startBridge(): void {
    const rt = nodeLinks()
    const mac = macOf(gateway)
    mtu = options.mtu?.() ?? MTU_DEFAULT
    const existing = rt.link(name)
    if (existing && existing.kind !== "bridge") {
      throw new Error(`found an interface ${name} that is no bridge; remove it or choose another name`)
    }
    bridgeIndex = existing?.index ?? rt.createLink({ kind: "bridge", name, mac, mtu })
    rt.changeLink(bridgeIndex, { up: true, mac, mtu })
    for (const address of rt.addresses()) {
      if (address.index === bridgeIndex && address.address.includes(".") && address.address !== gateway) {
        rt.deleteAddress(address)
      }
    }
    const prefixLength = options.servicesAddress === undefined ? parseCidr(options.podCidr).prefixLength : 32
    rt.setAddress({ index: bridgeIndex, address: gateway, prefixLength })
    routeServices(rt)
    if (options.servicesAddress === undefined) rt.setRoute(strayRoute(bridgeIndex))
    // A bridge that is made anew has lost its ports.
    for (const port of podInterfaces()) {
      if (port.master !== bridgeIndex) rt.changeLink(port.index, { master: bridgeIndex })
      if (port.master !== bridgeIndex) rt.changeLink(port.index, { hairpin: true })
    }
    announce(rt, balancers, name)
    inNode(() => {
      writeSysctl(["net", "ipv4", "ip_forward"], "1")
      writeSysctl(["net", "ipv4", "conf", name, "route_localnet"], "1")
      // Packets between pods leave where they came in. Redirects would tell pods to talk past us, and use up the few
      // ICMP messages per second that a refusal of UDP needs. "all" only adds to what each interface says for itself.
      for (const scope of ["all", name]) writeSysctl(["net", "ipv4", "conf", scope, "send_redirects"], "0")
      // The kernel accepts at most the stricter of "all" and the device: loose lets answers take another way back.
      writeSysctl(["net", "ipv4", "conf", name, "rp_filter"], "2")
    })
  }

  /** Those of load balancers may have been others at the last start. */
  function routeServices(rt: Rtnetlink): void {
    const own = new Set([...rules.serviceCidrs, options.podCidr, options.clusterCidr])
    for (const route of rt.routes()) {
      const isStale =
        route.index === bridgeIndex && route.protocol === ROUTE_PROTOCOL_GANTRY && !own.has(route.destination)
      if (isStale) rt.deleteRoute(route)
    }
    for (const destination of rules.serviceCidrs) {
      rt.setRoute({ type: "unicast", destination, index: bridgeIndex, source: gateway })
    }
  }

  function setUpPod(request: PodNetworkRequest, { ip }: Lease): void {
    plugIn(nodeLinks(), {
      netnsPath: request.netnsPath,
      name: request.interfaceName,
      port: hostInterfaceOf(name, request.sandboxId),
      bandwidth: bandwidthOf(request.annotations),
      bridgeIndex,
      ip,
      gateway,
      mtu,
    })
  }

  async function openFirewalls(): Promise<void> {
    const { forward = [], ports = [] } = options.admit ?? {}
    const interfaces = [name, ...rules.overlayInterfaces, ...forward]
    const firewalls = await admitThroughFirewalls(nft, { name, forward: interfaces, input: [name], ports })
    if (firewalls.length > 0) log.info("let pods through the machine's firewall", { firewalls })
  }

  const deletePort = gather((ports: readonly string[]) => deleteLinks(ports, netns))

  /** The address is free for others only when no packet can reach the old pod under it. */
  async function release(sandboxId: string): Promise<void> {
    await deletePort(hostInterfaceOf(name, sandboxId))
    const lease = pool.find(sandboxId)
    if (!lease) return
    const removal = renderHostPorts(table, lease, "delete")
    if (removal !== "") await write(removal).catch(() => writeTable(without(sandboxId)))
    if (lease.hostPorts.some(({ protocol }) => protocol === "udp")) endUdpFlows(lease.ip, netns)
    pool.release(sandboxId)
    options.gate?.forget(sandboxId)
  }

  function podInterfaces(): readonly Link[] {
    const isOurs = ({ name: port, kind }: Link) => kind === "veth" && port.startsWith(hostInterfacePrefix(name))
    return nodeLinks().links().filter(isOurs)
  }

  function without(sandboxId: string): readonly Lease[] {
    return pool.leases().filter((lease) => lease.sandboxId !== sandboxId)
  }

  return {
    name,
    podCidr: options.podCidr,
    gateway,
    async start() {
      startBridge()
      await writeTable(pool.leases())
      await fencePorts(nft, fence, log)
      await openFirewalls()
    },
    async repair() {
      if (await guard.check())
        log.warn("the pod network's rules were changed by someone else, wrote them again", { table })
      await repairFence(nft, fence, log)
      await openFirewalls()
    },
    repairBridge() {
      // An interface that goes down and comes up again has forgotten.
      announce(nodeLinks(), balancers, name)
      if (nodeLinks().link(name)?.up) return
      log.warn("the bridge was removed or shut down by someone else, making it again", {
        bridge: name,
      })
      startBridge()
    },
    writer: nft,
    addressOf: (sandboxId) => pool.find(sandboxId)?.ip,
    async setUp(request) {
      const hostPorts = request.portMappings.filter((mapping) => mapping.hostPort > 0).map(toHostPort)
      const before = pool.find(request.sandboxId)
      const lease = pool.acquire(request.sandboxId, hostPorts)
      await options.gate?.admit({ ...request, ip: lease.ip })
      setUpPod(request, lease)
      // After a crash in the middle nobody knows which of its ports are in the map: then the table is written whole.
      if (before) await writeTable(pool.leases())
      else if (hostPorts.length > 0) await write(renderHostPorts(table, lease, "add"))
      return { ips: [lease.ip] }
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
      const stale = pool.leases().filter(({ sandboxId }) => !liveSandboxIds.has(sandboxId))
      await deleteLinks(
        podInterfaces().flatMap((port) => (live.has(port.name) ? [] : [port.name])),
        netns,
      )
      await Promise.all(stale.map(({ sandboxId }) => release(sandboxId)))
    },
    async destroy() {
      await deleteLinks([...podInterfaces().map((port) => port.name), name], netns)
      withdraw(nodeLinks(), balancers)
      for (const lease of pool.leases()) pool.release(lease.sandboxId)
      await nft.apply(removeTable(`ip ${table}`))
      await removeFence(nft, fence)
      await withdrawFromFirewalls(nft, name)
    },
    close() {
      node?.close()
      node = undefined
    },
  }
}
