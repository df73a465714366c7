import type { Service } from "../../api/core/v1/service.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { type Presence, probeKernel } from "../../platform/linux/kernel-features.ts"
import { openConntrack } from "../../platform/linux/netlink/conntrack.ts"
import { inNetworkNamespace, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import { openRtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import type { Platform } from "../../platform/platform.ts"
import type { RuleWriter } from "../nft.ts"
import { type Items, RuleBook } from "../rule-book.ts"
import { TableWriter } from "../table-writer.ts"
import { openHealthCheckServers } from "./health-check.ts"
import { type NodeFacts, planService, type ServicePlan, type UdpFrontend } from "./plan.ts"
import { serviceTable } from "./rules.ts"
import { staleFlows } from "./stale-flows.ts"
import { type ServiceWarning, warningsOf } from "./warnings.ts"

export interface ServiceProxyOptions extends Omit<NodeFacts, "zone"> {
  /** Names the cluster on this machine; the table is `NAME-services`. */
  readonly name: string
  readonly nodeIp: string
  readonly clusterCidr: string
  readonly serviceCidr: string
  /** CIDR blocks of addresses that only services have, besides the service range. Default: none. */
  readonly loadBalancerCidrs?: readonly string[]
  /** The node's own DNS server, and the cluster IP under which pods know it. Works whatever the API says. */
  readonly dns?: { readonly clusterIp: string; readonly address: string; readonly port: number }
  /** Is told once what a service asks for and cannot have here. */
  readonly warn?: (service: Service, warning: ServiceWarning) => void
  /** Path of the node's network namespace; default: the process's own. */
  readonly netns?: string
  readonly platform: Pick<Platform, "processes" | "log" | "clock">
}

export interface ServiceProxy {
  /** What is known of one service. Written soon after, with everything else that is known by then. */
  set(service: Service, slices: readonly EndpointSlice[]): void
  /** The zone that the node is in, for services that are told of later; empty at first. */
  setZone(zone: string): void
  /** Forgets a service by `namespace/name`. */
  remove(key: string): void
  /**
   * Begins to write, whole. Until then the kernel keeps what an earlier process left there, so this is called when all
   * services are known.
   */
  start(): Promise<void>
  /** Resolves when all that was set before is in the kernel. */
  settled(): Promise<void>
  /** Writes everything again when someone else changed it. */
  repair(): Promise<void>
  readonly writer: RuleWriter
  /** Stops writing. The rules stay and go on working. */
  close(): Promise<void>
  /** Also removes the rules. */
  destroy(): Promise<void>
}

function dnsItems({ clusterIp, address, port }: NonNullable<ServiceProxyOptions["dns"]>): Items {
  const items = new Map<string, string>()
  for (const protocol of ["udp", "tcp"]) {
    items.set(`element service-ips ${clusterIp} . ${protocol} . 53`, "goto pick-1")
    items.set(`element endpoints-0 ${clusterIp} . ${protocol} . 53`, `${address} . ${port}`)
  }
  return items
}

const UDP = 17

let sctpPresence: Presence | undefined

function hasSctp(): boolean {
  sctpPresence ??= probeKernel().sctp
  return sctpPresence !== "no"
}

/** The service proxy of a node: keeps one nftables table in step with services and endpoints. */
export function createServiceProxy(options: ServiceProxyOptions): ServiceProxy {
  return new NodeServiceProxy(options)
}

class NodeServiceProxy implements ServiceProxy {
  readonly #options: ServiceProxyOptions
  readonly #book: RuleBook
  readonly #writer: TableWriter
  readonly #log: Platform["log"]
  readonly #healthChecks: ReturnType<typeof openHealthCheckServers>
  readonly #warned = new Map<string, string>()
  readonly #plans = new Map<string, ServicePlan>()
  #udpChanged = true
  #zone = ""

  constructor(options: ServiceProxyOptions) {
    this.#options = options
    const { platform, netns } = options
    const table = `${options.name}-services`
    this.#log = platform.log.with({ component: "service-proxy" })
    this.#book = new RuleBook(table, serviceTable(table, options))
    const onWritten = () => this.#udpChanged && this.#endStaleFlows()
    this.#writer = new TableWriter({
      table,
      book: this.#book,
      platform: { ...platform, log: this.#log },
      netns,
      onWritten,
    })
    this.#healthChecks = openHealthCheckServers(options.netns, this.#log)
    // The first owner in order has its way, and this comes before every name.
    if (options.dns) this.#book.set("", dnsItems(options.dns))
  }

  set(service: Service, slices: readonly EndpointSlice[]): void {
    const { namespace = "", name } = service.metadata
    const key = `${namespace}/${name}`
    this.#put(key, planService(service, slices, { ...this.#options, zone: this.#zone }))
    const healthFailure = this.#healthChecks.failureOf(key)
    const message = `node ${this.#options.nodeName} failed to start healthcheck "${key}" on port ${healthFailure?.port}: ${healthFailure?.reason}`
    this.#warn(key, service, [
      ...warningsOf(service, hasSctp),
      ...(healthFailure ? [{ reason: "FailedToStartServiceHealthcheck", message }] : []),
    ])
  }

  #warn(key: string, service: Service, warnings: readonly ServiceWarning[]): void {
    const told = this.#warned.get(key) ?? ""
    const now = JSON.stringify(warnings)
    if (warnings.length === 0) this.#warned.delete(key)
    else this.#warned.set(key, now)
    if (now !== told) for (const warning of warnings) this.#options.warn?.(service, warning)
  }

  setZone(zone: string): void {
    this.#zone = zone
  }

  remove(key: string): void {
    this.#warned.delete(key)
    this.#put(key, { items: new Map(), udp: [] })
  }

  get writer(): RuleWriter {
    return this.#writer.counts
  }

  async start(): Promise<void> {
    this.#allowLocalhost("1")
    await this.#writer.start()
  }

  settled(): Promise<void> {
    return this.#writer.settled()
  }

  repair(): Promise<void> {
    return this.#writer.repair()
  }

  async close(): Promise<void> {
    this.#healthChecks.close()
    await this.#writer.close()
  }

  async destroy(): Promise<void> {
    await this.close()
    this.#allowLocalhost("0")
    await this.#writer.destroy()
  }

  #put(key: string, plan: ServicePlan): void {
    const before = this.#plans.get(key)
    if (plan.items.size === 0 && !plan.healthCheck) this.#plans.delete(key)
    else this.#plans.set(key, plan)
    if (plan.udp.length > 0 || (before?.udp.length ?? 0) > 0) this.#udpChanged = true
    this.#healthChecks.set(key, plan.healthCheck)
    this.#book.set(key, plan.items)
    this.#writer.changed()
  }

  #endStaleFlows(): void {
    this.#udpChanged = false
    const frontends: UdpFrontend[] = [...this.#plans.values()].flatMap(({ udp }) => udp)
    const { nodeIp, serviceCidr, loadBalancerCidrs = [], dns } = this.#options
    // Not a service object, but a frontend like any.
    if (dns) frontends.push({ ip: dns.clusterIp, port: 53, endpoints: new Set([`${dns.address}:${dns.port}`]) })
    const serviceRanges = [serviceCidr, ...loadBalancerCidrs].map(parseCidr)
    const conntrack = openConntrack(this.#options.netns)
    try {
      for (const flow of staleFlows(conntrack.flows(UDP), frontends, { nodeIp, serviceRanges })) conntrack.delete(flow)
    } finally {
      conntrack.close()
    }
  }

  /** On the interface with the node's address: localhost's node ports may lead to other nodes. */
  #allowLocalhost(value: "0" | "1"): void {
    const { netns, nodeIp } = this.#options
    const links = openRtnetlink(netns)
    try {
      const { index } = links.addresses().find(({ address }) => address === nodeIp) ?? {}
      const link = links.links().find((candidate) => candidate.index === index)
      if (!link || link.name === "lo") return
      const write = () => writeSysctl(["net", "ipv4", "conf", link.name, "route_localnet"], value)
      if (netns === undefined) write()
      else inNetworkNamespace(netns, write)
    } finally {
      links.close()
    }
  }
}
