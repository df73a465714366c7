import { isIP } from "node:net"
import { Service } from "../../api/core/v1/service.ts"
import { needsClusterIp, needsHealthCheckNodePort, needsNodePorts } from "../../api/core/v1/service-strategy.ts"
import * as field from "../../machinery/field/error.ts"
import { canonicalIp } from "../../machinery/names/addresses.ts"
import { familyOf, type IpFamily } from "../../machinery/net/cidr.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { Draft } from "../../machinery/schema/schema.ts"
import { internalError, invalid } from "../../machinery/status/errors.ts"
import type { Random } from "../../platform/random.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { KindBehavior, Reservation } from "../resources/hooks.ts"
import { Grants } from "./grants.ts"
import { completeFamilies, isHeadless, staysPreferred } from "./ip-families.ts"
import { keptForRequests, Pool } from "./pool.ts"
import { ServiceRangePools } from "./service-range-pools.ts"

export interface ServiceRanges {
  /** Where cluster addresses come from: one range, or one of each family. The first is of the default family. */
  readonly serviceCidrs: readonly string[]
  /** Inclusive. */
  readonly nodePorts: { readonly first: number; readonly last: number }
}

export const NODE_PORTS_DEFAULT = { first: 30_000, last: 32_767 }

type ServiceDraft = Draft<Service>
type Spec = ServiceDraft["spec"]

/**
 * Gives services their addresses and ports. What is taken is known from the stored services alone: nothing else is
 * kept, so a crash between taking and storing leaves nothing behind.
 */
export function serviceBehavior(
  reader: ObjectReader,
  ranges: ServiceRanges,
  random: Pick<Random, "int">,
): KindBehavior {
  const addresses = new ServiceAddresses(reader, ranges, random)
  return {
    resource: Service,
    hooks: {
      beginCreate: (draft) => addresses.create(draft as unknown as ServiceDraft),
      beginUpdate: (draft, old) => addresses.update(draft as unknown as ServiceDraft, old as Service),
      deleted: (object) => addresses.releaseAll(object as Service),
    },
  }
}

class ServiceAddresses {
  readonly #reader: ObjectReader
  readonly #nodePorts: ServiceRanges["nodePorts"]
  readonly #ips: ServiceRangePools
  readonly #ports: Pool<number>
  readonly #families: readonly IpFamily[]
  #loaded = false

  constructor(reader: ObjectReader, ranges: ServiceRanges, random: Pick<Random, "int">) {
    const { nodePorts } = ranges
    this.#reader = reader
    this.#nodePorts = nodePorts
    this.#ips = new ServiceRangePools(reader, ranges.serviceCidrs, random)
    this.#families = ranges.serviceCidrs.map(familyOf)
    const { first, last } = nodePorts
    const count = last - first + 1
    this.#ports = new Pool(count, (index) => first + index, keptForRequests(count, 32, 128), random)
  }

  create(service: ServiceDraft): Reservation {
    return this.#reserve((grants) => {
      const { spec } = service
      const name = service.metadata.name ?? ""
      completeFamilies(name, spec, undefined, this.#families)
      if (needsClusterIp(spec)) this.#giveAddresses(grants, name, spec)
      if (needsNodePorts(spec)) this.#givePorts(grants, name, spec, new Set())
      if (needsHealthCheckNodePort(spec)) this.#giveHealthPort(grants, spec)
    })
  }

  update(service: ServiceDraft, { spec: old }: Service): Reservation {
    return this.#reserve((grants) => {
      const { spec } = service
      if (deepEqual(spec, old)) return
      const name = service.metadata.name ?? ""
      completeFamilies(name, spec, old as Spec, this.#families)
      this.#updateAddresses(grants, name, spec, old as Spec)
      const before = new Set(portsOf(old))
      if (needsNodePorts(spec)) this.#givePorts(grants, name, spec, before)
      const now = needsNodePorts(spec) ? new Set(portsOf(spec)) : new Set<number>()
      for (const port of before) if (!now.has(port)) grants.release(this.#ports, port)
      if (needsHealthCheckNodePort(spec)) {
        if (!needsHealthCheckNodePort(old)) this.#giveHealthPort(grants, spec)
      } else if (old.healthCheckNodePort) grants.release(this.#ports, old.healthCheckNodePort)
    })
  }

  releaseAll({ spec }: Service): void {
    if (!this.#loaded) return
    const grants = new Grants()
    this.#releaseAddresses(spec, grants)
    for (const port of portsOf(spec)) grants.release(this.#ports, port)
    if (spec.healthCheckNodePort) grants.release(this.#ports, spec.healthCheckNodePort)
    grants.commit()
  }

  #reserve(give: (grants: Grants) => void): Reservation {
    this.#load()
    const grants = new Grants()
    try {
      give(grants)
      return grants
    } catch (error) {
      grants.revert()
      throw error
    }
  }

  #load(): void {
    if (this.#loaded) return
    this.#loaded = true
    for (const { spec } of this.#reader.list(Service, "")) {
      for (const address of addressesOf(spec)) this.#ips.restore(address)
      for (const port of portsOf(spec)) this.#ports.take(port)
      if (spec.healthCheckNodePort) this.#ports.take(spec.healthCheckNodePort)
    }
  }

  #updateAddresses(grants: Grants, name: string, spec: Spec, old: Spec): void {
    if (!needsClusterIp(old)) {
      if (needsClusterIp(spec)) this.#giveAddresses(grants, name, spec)
    } else if (!needsClusterIp(spec)) this.#releaseAddresses(old, grants)
    else if (!isHeadless(old) && !staysPreferred(spec, old)) {
      const [before, now] = [old.ipFamilies?.length ?? 1, spec.ipFamilies?.length ?? 1]
      if (before === 1 && now === 2) this.#giveAddresses(grants, name, spec, 1)
      else if (before === 2 && now === 1)
        for (const second of addressesOf(old).slice(1)) this.#ips.release(grants, second)
    }
  }

  /** One for each family from place `from` on. */
  #giveAddresses(grants: Grants, name: string, spec: Spec, from = 0): void {
    if (isHeadless(spec)) return
    const requested = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])
    const given = ((spec.ipFamilies ?? []) as readonly IpFamily[]).map((family, index) => {
      const wanted = requested[index] ?? ""
      if (index < from) return wanted
      if (wanted !== "") return this.#takeAddress(grants, name, requested, wanted)
      const address = this.#ips.takeNext(grants, family)
      if (address !== undefined) return address
      throw internalError(`failed to allocate a serviceIP for Service ${JSON.stringify(name)}: range is full`)
    })
    spec.clusterIP = given[0] ?? ""
    spec.clusterIPs = given
  }

  #takeAddress(grants: Grants, name: string, shown: readonly string[], wanted: string): string {
    const refuse = (why: string) =>
      invalid(kind, name, [field.invalid("spec.clusterIPs", shown, `failed to allocate IP ${wanted}: ${why}`)])
    const pool = isIP(wanted) === 0 ? undefined : this.#ips.poolOf(wanted)
    if (pool === undefined) throw refuse("the provided network does not match the current range")
    if (!pool.contains(wanted)) {
      throw refuse(`the provided IP (${wanted}) is not in the valid range. The range of valid IPs is ${pool.text}`)
    }
    if (!this.#ips.take(grants, canonicalIp(wanted))) throw refuse("provided IP is already allocated")
    return wanted
  }

  #releaseAddresses(spec: Service["spec"], grants: Grants): void {
    for (const address of addressesOf(spec)) this.#ips.release(grants, address)
  }

  /** `own`: ports that the service has already. Ports of one number but several protocols share a node port. */
  #givePorts(grants: Grants, name: string, spec: Spec, own: ReadonlySet<number>): void {
    const given = new Set(own)
    const byPort = new Map<number, number>()
    for (const port of spec.ports ?? []) if (port.nodePort) byPort.set(port.port, port.nodePort)
    const allocates = spec.type === "NodePort" || spec.allocateLoadBalancerNodePorts !== false
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (!port.nodePort && !allocates) continue
      const wanted = port.nodePort || (own.size === 0 ? byPort.get(port.port) : undefined)
      if (wanted === undefined) {
        const next = grants.takeNext(this.#ports)
        if (next === undefined) throw internalError("failed to allocate a nodePort: range is full")
        port.nodePort = next
      } else {
        if (!given.has(wanted)) this.#takePort(grants, name, index, wanted)
        port.nodePort = wanted
      }
      given.add(port.nodePort)
      byPort.set(port.port, port.nodePort)
    }
  }

  #takePort(grants: Grants, name: string, index: number, port: number): void {
    const { first, last } = this.#nodePorts
    const refuse = (why: string) => invalid(kind, name, [field.invalid(`spec.ports[${index}].nodePort`, port, why)])
    if (!this.#isNodePort(port)) {
      throw refuse(`provided port is not in the valid range. The range of valid ports is ${first}-${last}`)
    }
    if (!grants.take(this.#ports, port)) throw refuse("provided port is already allocated")
  }

  #isNodePort(port: number): boolean {
    return port >= this.#nodePorts.first && port <= this.#nodePorts.last
  }

  #giveHealthPort(grants: Grants, spec: Spec): void {
    const wanted = spec.healthCheckNodePort
    if (wanted) {
      if (this.#isNodePort(wanted) && grants.take(this.#ports, wanted)) return
      const { first, last } = this.#nodePorts
      const why = this.#isNodePort(wanted)
        ? "provided port is already allocated"
        : `provided port is not in the valid range. The range of valid ports is ${first}-${last}`
      throw internalError(`failed to allocate requested HealthCheck NodePort ${wanted}: ${why}`)
    }
    const next = grants.takeNext(this.#ports)
    if (next === undefined) throw internalError("failed to allocate a HealthCheck NodePort 0: range is full")
    spec.healthCheckNodePort = next
  }
}

const kind = { group: Service.group, kind: Service.kind }

function addressesOf(spec: Service["spec"]): readonly string[] {
  if (!needsClusterIp(spec)) return []
  const all = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])
  return all.filter((address) => isIP(address) !== 0).map(canonicalIp)
}

function portsOf(spec: { readonly ports?: readonly { readonly nodePort?: number }[] }): readonly number[] {
  return (spec.ports ?? []).flatMap(({ nodePort }) => nodePort || [])
}
