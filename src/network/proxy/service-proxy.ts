import type { Service } from "../../api/core/v1/service.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { type Presence, probeKernel } from "../../platform/linux/kernel-features.ts"
import { openConntrack } from "../../platform/linux/netlink/conntrack.ts"
import { inNetworkNamespace, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import { openRtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import type { Platform } from "../../platform/platform.ts"
import { createNft, type RuleWriter, removeTable } from "../nft.ts"
import { guardTable, type TableGuard } from "../table-guard.ts"
import { openHealthCheckServers } from "./health-check.ts"
import { type NodeFacts, planService, type ServicePlan, type UdpFrontend } from "./plan.ts"
import { RuleBook, type Transactions } from "./rule-book.ts"
import type { Items } from "./rules.ts"
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

const RETRY_FIRST_MS = 100
const RETRY_LONGEST_MS = 30_000
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
  readonly #table: string
  readonly #book: RuleBook
  readonly #nft: ReturnType<typeof createNft>
  readonly #guard: TableGuard
  readonly #log: Platform["log"]
  readonly #healthChecks: ReturnType<typeof openHealthCheckServers>
  readonly #warned = new Map<string, string>()
  readonly #plans = new Map<string, ServicePlan>()
  readonly #stop = new AbortController()
  #started = false
  #whole = true
  #udpChanged = true
  #zone = ""
  #writing: Promise<void> | undefined

  constructor(options: ServiceProxyOptions) {
    this.#options = options
    this.#table = `${options.name}-services`
    this.#book = new RuleBook(this.#table, options)
    this.#nft = createNft(options.platform.processes, options.netns)
    this.#guard = guardTable(this.#nft, `ip ${this.#table}`, () => this.#rewrite())
    this.#log = options.platform.log.with({ component: "service-proxy", table: this.#table })
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
    return this.#nft
  }

  async start(): Promise<void> {
    this.#started = true
    this.#allowLocalhost("1")
    this.#write()
    await this.settled()
  }

  async settled(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#healthChecks.close()
    await this.settled()
  }

  async destroy(): Promise<void> {
    await this.close()
    this.#allowLocalhost("0")
    await this.#nft.apply(removeTable(`ip ${this.#table}`))
  }

  #put(key: string, plan: ServicePlan): void {
    const before = this.#plans.get(key)
    if (plan.items.size === 0 && !plan.healthCheck) this.#plans.delete(key)
    else this.#plans.set(key, plan)
    if (plan.udp.length > 0 || (before?.udp.length ?? 0) > 0) this.#udpChanged = true
    this.#healthChecks.set(key, plan.healthCheck)
    this.#book.set(key, plan.items)
    if (this.#started && this.#book.changed) this.#write()
  }

  /** One writer at a time. What changes while it writes goes into its next transaction, all at once. */
  #write(): void {
    this.#writing ??= this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    let pauseMs = RETRY_FIRST_MS
    // Everything that is told in the same turn of the event loop becomes one transaction.
    await Promise.resolve()
    while (!this.#stop.signal.aborted && (this.#whole || this.#book.changed)) {
      try {
        await this.#writeOnce()
        pauseMs = RETRY_FIRST_MS
      } catch (error) {
        this.#log.error("cannot write service rules, will write all of them again", { error, pauseMs })
        this.#whole = true
        await this.#options.platform.clock.sleep(pauseMs, this.#stop.signal).catch(() => undefined)
        pauseMs = Math.min(pauseMs * 2, RETRY_LONGEST_MS)
      }
    }
    // In the same turn as the last look at what changed, so that no change falls between.
    this.#writing = undefined
  }

  async #writeOnce(): Promise<void> {
    if (this.#whole) await this.#writeWhole()
    else await this.#apply(this.#book.takeDifference())
    if (this.#udpChanged) this.#endStaleFlows()
  }

  async #writeWhole(): Promise<void> {
    const present = await this.#present()
    try {
      await this.#apply(this.#book.takeWhole(present))
    } catch (error) {
      this.#log.warn("found a table that cannot be brought into shape, making it anew", { error })
      await this.#nft.apply(this.#book.takeAnew())
    }
    this.#whole = false
  }

  async #apply({ main, cleanUp }: Transactions): Promise<void> {
    this.#guard.changed()
    if (main !== "") await this.#nft.apply(main)
    if (cleanUp !== "") await this.#nft.apply(cleanUp)
  }

  async #present(): Promise<{ readonly kind: "chain" | "set"; readonly name: string }[]> {
    type Listed = { readonly table?: string; readonly name?: string }
    const chains = (await this.#nft.listJson("chains", "ip")) as readonly { readonly chain?: Listed }[]
    const sets = (await this.#nft.listJson("sets", "ip")) as readonly { readonly set?: Listed }[]
    return [
      ...chains.map(({ chain }) => ({ kind: "chain" as const, ...chain })),
      ...sets.map(({ set }) => ({ kind: "set" as const, ...set })),
    ].flatMap(({ kind, table, name }) => (table === this.#table && name !== undefined ? [{ kind, name }] : []))
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

  /** Someone may edit our rules, or flush the whole rule set (a firewall that is restarted does). */
  async repair(): Promise<void> {
    if (!this.#started || this.#stop.signal.aborted || this.#writing) return
    if (await this.#guard.check()) this.#log.warn("the service rules were changed by someone else, wrote them again")
  }

  async #rewrite(): Promise<void> {
    this.#whole = true
    this.#write()
    await this.settled()
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
