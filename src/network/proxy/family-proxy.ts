import type { Service } from "../../api/core/v1/service.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { parseCidr } from "../../machinery/net/cidr.ts"
import { openConntrack } from "../../platform/linux/netlink/conntrack.ts"
import type { Platform } from "../../platform/platform.ts"
import { familyFor } from "../family.ts"
import { type NodeRanges, serviceCidrsOf } from "../node-ranges.ts"
import { type Items, RuleBook } from "../rule-book.ts"
import { TableWriter } from "../table-writer.ts"
import { planService, type ServicePlan, type UdpFrontend } from "./plan.ts"
import { serviceTable } from "./rules.ts"
import { staleFlows } from "./stale-flows.ts"

export interface FamilyProxyOptions {
  /** Its family is the proxy's. */
  readonly ranges: NodeRanges
  /** Names the cluster on this machine; the table is `NAME-services`. */
  readonly name: string
  readonly nodeName: string
  /** Of the family. */
  readonly nodeIp: string | undefined
  readonly dns: NodeDns | undefined
  readonly netns: string | undefined
  readonly platform: Pick<Platform, "processes" | "log" | "clock">
}

/** The node's own DNS server, and the cluster IP under which pods know it. */
export interface NodeDns {
  readonly clusterIp: string
  readonly address: string
  readonly port: number
}

const NOTHING: ServicePlan = { items: new Map(), udp: [] }
const UDP = 17

/** The services of one family on a node: keeps one nftables table in step with them. */
export class FamilyProxy {
  readonly writer: TableWriter
  readonly #options: FamilyProxyOptions
  readonly #book: RuleBook
  readonly #plans = new Map<string, ServicePlan>()
  #udpChanged = true

  constructor(options: FamilyProxyOptions) {
    this.#options = options
    const { dns, ranges, platform, netns } = options
    const { nft } = familyFor(ranges.podCidr)
    const table = `${nft} ${options.name}-services`
    this.#book = new RuleBook(table, serviceTable(table, { ...ranges, ...(dns && { dns }) }))
    const onWritten = () => this.#udpChanged && this.#endStaleFlows()
    this.writer = new TableWriter({ table, book: this.#book, platform, netns, onWritten })
    // The first owner in order has its way, and this comes before every name.
    if (dns) this.#book.set("", dnsItems(dns))
  }

  /** Undefined: the service is gone. Returns what is needed besides rules. */
  set(
    key: string,
    service: Service | undefined,
    slices: readonly EndpointSlice[],
    zone: string,
  ): ServicePlan["healthCheck"] {
    const { nodeName, ranges } = this.#options
    const node = { nodeName, podCidr: ranges.podCidr, zone }
    const plan = service === undefined ? NOTHING : planService(service, slices, node)
    const before = this.#plans.get(key)
    if (plan.items.size === 0) this.#plans.delete(key)
    else this.#plans.set(key, plan)
    if (plan.udp.length > 0 || (before?.udp.length ?? 0) > 0) this.#udpChanged = true
    this.#book.set(key, plan.items)
    this.writer.changed()
    return plan.healthCheck
  }

  #endStaleFlows(): void {
    this.#udpChanged = false
    const frontends: UdpFrontend[] = [...this.#plans.values()].flatMap(({ udp }) => udp)
    const { nodeIp = "", ranges, dns, netns } = this.#options
    // Not a service object, but a frontend like any.
    if (dns) frontends.push({ ip: dns.clusterIp, port: 53, endpoints: new Set([`${dns.address}:${dns.port}`]) })
    const serviceRanges = serviceCidrsOf(ranges).map(parseCidr)
    const conntrack = openConntrack(familyFor(ranges.podCidr).name, netns)
    try {
      for (const flow of staleFlows(conntrack.flows(UDP), frontends, { nodeIp, serviceRanges })) conntrack.delete(flow)
    } finally {
      conntrack.close()
    }
  }
}

function dnsItems({ clusterIp, address, port }: NodeDns): Items {
  const items = new Map<string, string>()
  for (const protocol of ["udp", "tcp"]) {
    items.set(`element service-ips ${clusterIp} . ${protocol} . 53`, "goto pick-1")
    items.set(`element endpoints-0 ${clusterIp} . ${protocol} . 53`, `${address} . ${port}`)
  }
  return items
}
