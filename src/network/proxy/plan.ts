import type { Service, ServicePort } from "../../api/core/v1/service.ts"
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { canonicalIp } from "../../machinery/names/addresses.ts"
import { familyOf, type IpFamily } from "../../machinery/net/cidr.ts"
import { hostPort } from "../../machinery/net/host-port.ts"
import { type Family, familyFor } from "../family.ts"
import { chainName, digest } from "../nft-names.ts"
import type { Items } from "../rule-book.ts"
import { type Place, type Pools, poolsOf, type Target, targetsOf } from "./endpoints.ts"
import { clientSet, type FrontendMap, MARK_FOR_MASQUERADE, SLOTS } from "./rules.ts"

export interface NodeFacts extends Place {
  /** This node's own pod range: its pods reach services with policy Local as if it were Cluster. Its family is the plan's. */
  readonly podCidr: string
}

/** Everything that one service needs from this node. */
export interface ServicePlan {
  readonly items: Items
  /** Where its UDP flows may come in and where they may go, to find flows that lead to endpoints of the past. */
  readonly udp: readonly UdpFrontend[]
  /** Present for load balancers with externalTrafficPolicy Local. */
  readonly healthCheck?: { readonly port: number; readonly localEndpoints: number }
}

export interface UdpFrontend {
  /** Absent: a node port. */
  readonly ip?: string
  readonly port: number
  /** `ip:port`. */
  readonly endpoints: ReadonlySet<string>
}

/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/: the default of timeoutSeconds. */
const AFFINITY_SECONDS_DEFAULT = 10800

/** From a service and its slices to kernel rules of one family. Pure. */
export function planService(service: Service, slices: readonly EndpointSlice[], node: NodeFacts): ServicePlan {
  const items = new Map<string, string>()
  const udp: UdpFrontend[] = []
  let localEndpoints = new Set<string>()
  if (isProxied(service, familyOf(node.podCidr))) {
    for (const port of service.spec.ports ?? []) {
      const targets = targetsOf(port, slices, node.nodeName, familyOf(node.podCidr))
      const pools = poolsOf(targets, node)
      const planner = new PortPlanner(service, port, pools, node, items)
      planner.plan()
      for (const { ip, ready } of pools.local) if (ready) localEndpoints = localEndpoints.add(ip)
      if (port.protocol === "UDP") udp.push(...planner.udpFrontends())
    }
  }
  const healthPort = service.spec.healthCheckNodePort ?? 0
  if (healthPort === 0 || service.spec.externalTrafficPolicy !== "Local") return { items, udp }
  return { items, udp, healthCheck: { port: healthPort, localEndpoints: localEndpoints.size } }
}

/** A service without an address of the family has nothing else of it either. */
function isProxied({ spec }: Service, family: IpFamily): boolean {
  return spec.type !== "ExternalName" && clusterIpsOf(spec).some((ip) => ip !== "None" && familyOf(ip) === family)
}

function clusterIpsOf({ clusterIP = "", clusterIPs = [] }: Service["spec"]): readonly string[] {
  return [clusterIP, ...clusterIPs].filter((ip) => ip !== "")
}

class PortPlanner {
  readonly #spec: Service["spec"]
  readonly #ingressIps: readonly string[]
  readonly #port: ServicePort
  readonly #protocol: string
  readonly #pools: Pools
  readonly #node: NodeFacts
  readonly #items: Map<string, string>
  readonly #name: string
  readonly #family: Family

  constructor(service: Service, port: ServicePort, pools: Pools, node: NodeFacts, items: Map<string, string>) {
    this.#family = familyFor(node.podCidr)
    this.#spec = service.spec
    const ingress = service.status.loadBalancer?.ingress ?? []
    this.#ingressIps = this.#own(ingress.flatMap(({ ip, ipMode }) => (ip && ipMode !== "Proxy" ? [ip] : [])))
    this.#port = port
    this.#protocol = (port.protocol ?? "TCP").toLowerCase()
    this.#pools = pools
    this.#node = node
    this.#items = items
    const { namespace = "", name } = service.metadata
    this.#name = chainName(`${namespace}/${name}/${this.#protocol}/${port.port}`)
  }

  plan(): void {
    const { internalTrafficPolicy } = this.#spec
    for (const ip of this.#clusterIps()) {
      this.#frontend("service-ips", this.#key(ip), internalTrafficPolicy === "Local" ? "local" : "cluster", false)
    }
    for (const ip of this.#externalIps()) this.#external("service-ips", this.#key(ip))
    for (const ip of this.#ingressIps) this.#loadBalancer(this.#key(ip))
    const { nodePort = 0 } = this.#port
    if (nodePort !== 0) this.#external("node-ports", `${this.#protocol} . ${nodePort}`)
    const used = new Set([...this.#pools.cluster, ...this.#pools.local])
    for (const { ip, local } of used) if (local) this.#items.set(`element hairpin ${ip} . ${ip}`, "")
  }

  udpFrontends(): UdpFrontend[] {
    const endpoints = new Set([...this.#pools.cluster, ...this.#pools.local].map(({ ip, port }) => `${ip}:${port}`))
    const ips = [...this.#clusterIps(), ...this.#externalIps(), ...this.#ingressIps]
    const frontends: UdpFrontend[] = ips.map((ip) => ({ ip, port: this.#port.port, endpoints }))
    const { nodePort = 0 } = this.#port
    return nodePort === 0 ? frontends : [...frontends, { port: nodePort, endpoints }]
  }

  #clusterIps(): readonly string[] {
    return this.#own(clusterIpsOf(this.#spec))
  }

  #externalIps(): readonly string[] {
    return this.#own(this.#spec.externalIPs ?? [])
  }

  /** Of the family, and in one spelling each: the API takes any of IPv6, and the kernel's maps have an address once. */
  #own(ips: readonly string[]): readonly string[] {
    return [...new Set(ips.filter((ip) => this.#isOwn(ip)).map(canonicalIp))]
  }

  #isOwn(text: string): boolean {
    return familyOf(text) === this.#family.name
  }

  #key(ip: string): string {
    return `${ip} . ${this.#protocol} . ${this.#port.port}`
  }

  /** Traffic that comes to an address other than the cluster's. */
  #external(map: FrontendMap, key: string): void {
    if (this.#spec.externalTrafficPolicy !== "Local") return this.#frontend(map, key, "cluster", true)
    if (this.#pools.cluster.length === 0) return this.#refuse(map, key)
    this.#items.set(`element ${map} ${key}`, `goto ${this.#localExternalChain()}`)
  }

  #loadBalancer(key: string): void {
    this.#external("service-ips", key)
    const ranges = (this.#spec.loadBalancerSourceRanges ?? [])
      .map((range) => range.trim())
      .filter((range) => this.#isOwn(range))
    const element = `element service-ips ${key}`
    const verdict = this.#items.get(element)
    if (ranges.length === 0 || verdict === undefined) return
    const chain = `sources-${this.#name}`
    // A shared chain finds the frontend by the packet's address, which is the same here.
    this.#items.set(`chain ${chain}`, `${this.#family.nft} saddr != { ${ranges.join(", ")} } drop\n${verdict}`)
    this.#items.set(element, `goto ${chain}`)
  }

  /** Points one address and port at a pool. */
  #frontend(map: FrontendMap, key: string, pool: keyof Pools, masquerade: boolean): void {
    const targets = this.#pools[pool]
    const element = `element ${map} ${key}`
    if (targets.length === 0) {
      // Endpoints elsewhere do not help under policy Local; but the service is not dead either, so clients wait.
      if (this.#pools.cluster.length === 0) this.#refuse(map, key)
      else this.#items.set(element, "drop")
      return
    }
    if (this.#spec.sessionAffinity === "ClientIP" || targets.length > SLOTS) {
      const chain = this.#poolChain(pool)
      this.#items.set(element, `goto ${masquerade ? this.#masqueradeChain(chain) : chain}`)
      return
    }
    const [prefix, slots] = map === "node-ports" ? ["node-", "node-endpoints"] : ["", "endpoints"]
    const pick = masquerade && map === "service-ips" ? "masquerade-pick" : `${prefix}pick`
    this.#items.set(element, `goto ${pick}-${targets.length}`)
    for (const [slot, { ip, port }] of targets.entries()) {
      this.#items.set(`element ${slots}-${slot} ${key}`, `${ip} . ${port}`)
    }
  }

  #refuse(map: FrontendMap, key: string): void {
    this.#items.set(`element ${map === "service-ips" ? "refused-ips" : "refused-node-ports"} ${key}`, "")
  }

  #masqueradeChain(chain: string): string {
    const name = `masquerade-${this.#name}`
    this.#items.set(`chain ${name}`, `${MARK_FOR_MASQUERADE}\ngoto ${chain}`)
    return name
  }

  /** What this node itself and its pods send to an external address has not come from outside: any endpoint will do. */
  #localExternalChain(): string {
    const cluster = this.#poolChain("cluster")
    const name = `external-${this.#name}`
    const rest = this.#pools.local.length > 0 ? `goto ${this.#poolChain("local")}` : "drop"
    const rules = [
      `fib saddr type local ${MARK_FOR_MASQUERADE} goto ${cluster}`,
      `${this.#family.nft} saddr ${this.#node.podCidr} goto ${cluster}`,
      rest,
    ]
    this.#items.set(`chain ${name}`, rules.join("\n"))
    return name
  }

  #poolChain(pool: keyof Pools): string {
    const name = `${pool}-${this.#name}`
    const targets = this.#pools[pool]
    const rules = this.#spec.sessionAffinity === "ClientIP" ? this.#affinityRules(targets) : [this.#dnat(targets)]
    this.#items.set(`chain ${name}`, rules.join("\n"))
    return name
  }

  #dnat(targets: readonly Target[]): string {
    const { nft } = this.#family
    const [first] = targets
    if (targets.length === 1 && first) return `meta l4proto ${this.#protocol} dnat ${nft} to ${socketOf(first)}`
    const choices = targets.map(({ ip, port }, index) => `${index} : ${ip} . ${port}`)
    const chosen = `numgen random mod ${targets.length} map { ${choices.join(", ")} }`
    return `meta l4proto ${this.#protocol} dnat ${nft} addr . port to ${chosen}`
  }

  /** Each endpoint has a set of the clients that it serves; a client in none of them gets a random endpoint. */
  #affinityRules(targets: readonly Target[]): string[] {
    const { nft } = this.#family
    const seconds = this.#spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS_DEFAULT
    const chains = targets.map((target) => {
      const id = `${digest(`${this.#name} ${target.ip}:${target.port}`)}-${seconds}`
      this.#items.set(`set clients-${id}`, clientSet(this.#family, seconds))
      const name = `endpoint-${id}/${target.ip.replaceAll(":", "_")}/${target.port}`
      this.#items.set(`chain ${name}`, `update @clients-${id} { ${nft} saddr }\n${this.#dnat([target])}`)
      return { name, clients: `clients-${id}` }
    })
    const verdicts = chains.map(({ name }, index) => `${index} : goto ${name}`)
    return [
      ...chains.map(({ name, clients }) => `${nft} saddr @${clients} goto ${name}`),
      `numgen random mod ${chains.length} vmap { ${verdicts.join(", ")} }`,
    ]
  }
}

function socketOf({ ip, port }: Target): string {
  return hostPort({ host: ip, port })
}
