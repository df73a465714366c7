import { isIPv4, isIPv6 } from "node:net"
import type { EndpointAddress, EndpointSubset, EndpointPort as OldPort } from "../../api/core/v1/endpoints.ts"
import type { Endpoint, EndpointPort } from "../../api/discovery/v1/endpoint-slice.ts"
import type { AddressType } from "../endpointslice/endpoints-of.ts"

/** As many as one EndpointSlice holds: each subset becomes one slice for each family. */
export const addressesPerSubsetMax = 1000

/** What becomes one slice. */
export interface MirroredGroup {
  readonly addressType: AddressType
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

export interface Mirrored {
  readonly groups: readonly MirroredGroup[]
  /** Addresses left out because they are none, and because there are too many. */
  readonly invalid: number
  readonly tooMany: number
}

interface State {
  readonly address: EndpointAddress
  readonly ready: boolean
}
/** By address and target. */
type States = Map<string, State>

/** The endpoints of an Endpoints object, in groups that listen on the same ports. */
export function mirroredGroups(subsets: readonly EndpointSubset[]): Mirrored {
  const groups: MirroredGroup[] = []
  let [invalid, tooMany] = [0, 0]
  for (const { ports, states } of repack(subsets)) {
    const valid = states.filter(({ address: { ip } }) => isIPv4(ip) || isIPv6(ip))
    const taken = valid.slice(0, addressesPerSubsetMax)
    invalid += states.length - valid.length
    tooMany += valid.length - taken.length
    for (const addressType of ["IPv4", "IPv6"] as const) {
      const own = taken.filter(({ address }) => isIPv6(address.ip) === (addressType === "IPv6"))
      if (own.length > 0) groups.push({ addressType, ports: ports.map(newPort), endpoints: own.map(endpointOf) })
    }
  }
  return { groups, invalid, tooMany }
}

/**
 * Brings subsets into a form that does not depend on how they were cut: each address stands once among those with the
 * same ports, first the ready ones. An address that is both ready and not is not.
 */
function repack(subsets: readonly EndpointSubset[]): { readonly ports: OldPort[]; readonly states: State[] }[] {
  const byPort = new Map<string, { readonly port: OldPort | undefined; readonly states: States }>()
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    const candidates = [
      ...addresses.map((address) => ({ address, ready: true })),
      ...notReadyAddresses.map((address) => ({ address, ready: false })),
    ]
    for (const port of ports.length > 0 ? ports : [undefined]) {
      const { states } = byPort.getOrInsertComputed(portKey(port), () => ({ port, states: new Map() }))
      for (const candidate of candidates) {
        const key = addressKey(candidate.address)
        if (states.get(key)?.ready !== false) states.set(key, candidate)
      }
    }
  }
  const sameAddresses = Map.groupBy(byPort.values(), ({ states }) =>
    JSON.stringify([...states].map(([key, { ready }]) => [key, ready]).sort()),
  )
  return [...sameAddresses.values()].map((ofAddresses) => ({
    ports: ofAddresses.flatMap(({ port }) => port ?? []),
    states: [...(ofAddresses[0]?.states.values() ?? [])].sort((one, other) => Number(other.ready) - Number(one.ready)),
  }))
}

function portKey(port: OldPort | undefined): string {
  return JSON.stringify(port && [port.name ?? "", port.port, port.protocol ?? "TCP", port.appProtocol]) ?? ""
}

function addressKey({ ip, targetRef }: EndpointAddress): string {
  return `${ip} ${targetRef?.uid ?? ""}`
}

function newPort({ name = "", port, protocol = "TCP", appProtocol }: OldPort): EndpointPort {
  return { name, port, protocol, ...(appProtocol !== undefined && { appProtocol }) }
}

function endpointOf({ address, ready }: State): Endpoint {
  const { ip, hostname, nodeName, targetRef } = address
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    ...(targetRef !== undefined && { targetRef }),
  }
}
