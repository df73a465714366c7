import type { EndpointAddress, EndpointSubset } from "../../api/core/v1/endpoints.ts"
import type { EndpointGroup } from "../endpointslice/endpoints-of.ts"

/** An Endpoints object holds at most so many addresses; clients that need more read EndpointSlices. */
export const addressesMax = 1000

/** The subsets of an Endpoints object: one per set of ports, ready addresses apart from those that are not. */
export function subsetsOf(groups: readonly EndpointGroup[]): readonly EndpointSubset[] {
  let room = addressesMax
  return groups.flatMap(({ ports, endpoints }) => {
    const ready: EndpointAddress[] = []
    const notReady: EndpointAddress[] = []
    // The old API cannot say that an endpoint is terminating, so such endpoints are left out.
    const shown = endpoints.filter(({ conditions }) => !conditions.terminating || conditions.ready).slice(0, room)
    room -= shown.length
    for (const { addresses, conditions, hostname, nodeName, targetRef } of shown) {
      const address = {
        ip: addresses[0] ?? "",
        ...(hostname !== undefined && { hostname }),
        ...(nodeName !== undefined && { nodeName }),
        ...(targetRef !== undefined && { targetRef }),
      }
      if (conditions.ready) ready.push(address)
      else notReady.push(address)
    }
    if (ready.length + notReady.length === 0) return []
    return [
      {
        ...(ready.length > 0 && { addresses: ready.sort(byIp) }),
        ...(notReady.length > 0 && { notReadyAddresses: notReady.sort(byIp) }),
        ...(ports.length > 0 && {
          ports: ports.map(({ name, port = 0, protocol = "TCP", appProtocol }) => ({
            ...(name && { name }),
            port,
            protocol,
            ...(appProtocol !== undefined && { appProtocol }),
          })),
        }),
      },
    ]
  })
}

function byIp(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0
}
