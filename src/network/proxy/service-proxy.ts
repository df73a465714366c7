import type { Service } from "../../api/core/v1/service.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { familyOf, type IpFamily } from "../../machinery/net/cidr.ts"
import { type Presence, probeKernel } from "../../platform/linux/kernel-features.ts"
import { inNetworkNamespace, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import { openRtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import type { Platform } from "../../platform/platform.ts"
import { ofFamily } from "../family.ts"
import type { RuleWriter } from "../nft.ts"
import type { NodeRanges } from "../node-ranges.ts"
import { FamilyProxy, type NodeDns } from "./family-proxy.ts"
import { type HealthCheck, openHealthCheckServers } from "./health-check.ts"
import { type ServiceWarning, warningsOf } from "./warnings.ts"

export interface ServiceProxyOptions {
  /** Names the cluster on this machine; the tables are `NAME-services`. */
  readonly name: string
  readonly nodeName: string
  /** At most one of each family. */
  readonly nodeIps: readonly string[]
  readonly ranges: readonly NodeRanges[]
  /** One for each family in which pods know the server. Works whatever the API says. Default: none. */
  readonly dns?: readonly NodeDns[]
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
  /** Writes everything again when someone else changed it. Returns what was not as it should be, in words. */
  repair(): Promise<readonly string[]>
  readonly writers: readonly RuleWriter[]
  /** Stops writing. The rules stay and go on working. */
  close(): Promise<void>
  /** Also removes the rules. */
  destroy(): Promise<void>
}

let sctpPresence: Presence | undefined

function hasSctp(): boolean {
  sctpPresence ??= probeKernel().sctp
  return sctpPresence !== "no"
}

/** The service proxy of a node: keeps one nftables table for each family in step with services and endpoints. */
export function createServiceProxy(options: ServiceProxyOptions): ServiceProxy {
  return new NodeServiceProxy(options)
}

class NodeServiceProxy implements ServiceProxy {
  readonly #options: ServiceProxyOptions
  readonly #proxies: readonly FamilyProxy[]
  readonly #families: readonly IpFamily[]
  readonly #healthChecks: ReturnType<typeof openHealthCheckServers>
  readonly #warned = new Map<string, string>()
  #zone = ""

  constructor(options: ServiceProxyOptions) {
    this.#options = options
    const { name, nodeName, nodeIps, dns = [], ranges, netns } = options
    const log = options.platform.log.with({ component: "service-proxy" })
    this.#families = ranges.map(({ podCidr }) => familyOf(podCidr))
    this.#proxies = ranges.map(
      (own) =>
        new FamilyProxy({
          ranges: own,
          name,
          nodeName,
          nodeIp: ofFamily(nodeIps, own.podCidr),
          dns: dns.find(({ clusterIp }) => familyOf(clusterIp) === familyOf(own.podCidr)),
          netns,
          platform: { ...options.platform, log },
        }),
    )
    this.#healthChecks = openHealthCheckServers(netns, this.#families.includes("IPv6"), log)
  }

  set(service: Service, slices: readonly EndpointSlice[]): void {
    const { namespace = "", name } = service.metadata
    const key = `${namespace}/${name}`
    this.#tell(key, service, slices)
    const healthFailure = this.#healthChecks.failureOf(key)
    const message = `node ${this.#options.nodeName} failed to start healthcheck "${key}" on port ${healthFailure?.port}: ${healthFailure?.reason}`
    this.#warn(key, service, [
      ...warningsOf(service, this.#families, hasSctp),
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
    this.#tell(key, undefined, [])
  }

  get writers(): readonly RuleWriter[] {
    return this.#proxies.map(({ writer }) => writer.counts)
  }

  async start(): Promise<void> {
    this.#allowLocalhost("1")
    await this.#each(({ writer }) => writer.start())
  }

  settled(): Promise<void> {
    return this.#each(({ writer }) => writer.settled())
  }

  async repair(): Promise<readonly string[]> {
    return (await Promise.all(this.#proxies.map(({ writer }) => writer.repair()))).flat()
  }

  async close(): Promise<void> {
    this.#healthChecks.close()
    await this.#each(({ writer }) => writer.close())
  }

  async destroy(): Promise<void> {
    await this.close()
    this.#allowLocalhost("0")
    await this.#each(({ writer }) => writer.destroy())
  }

  async #each(work: (proxy: FamilyProxy) => Promise<void>): Promise<void> {
    await Promise.all(this.#proxies.map(work))
  }

  #tell(key: string, service: Service | undefined, slices: readonly EndpointSlice[]): void {
    const checks = this.#proxies.flatMap((proxy) => proxy.set(key, service, slices, this.#zone) ?? [])
    // An endpoint has addresses of all families that its service has.
    const most = (one: HealthCheck, other: HealthCheck) => (other.localEndpoints > one.localEndpoints ? other : one)
    this.#healthChecks.set(key, checks.length === 0 ? undefined : checks.reduce(most))
  }

  /** On the interface with the node's address: localhost's node ports may lead to other nodes. */
  #allowLocalhost(value: "0" | "1"): void {
    const { netns, nodeIps } = this.#options
    const nodeIp = ofFamily(nodeIps, "127.0.0.1")
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
