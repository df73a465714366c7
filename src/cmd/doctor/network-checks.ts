import { type AddressRange, cidrsOf, parseAddressRange } from "../../machinery/net/address-range.ts"
import { parseCidr } from "../../machinery/net/cidr.ts"
import type { ClusterLayout } from "../cluster/layout.ts"
import type { Finding } from "./checks.ts"

type Route = AddressRange & { readonly device: string }
type Ranges = Pick<ClusterLayout, "podCidr" | "serviceCidr" | "nodeCidr" | "loadBalancerPool" | "devicePrefix">

/**
 * Whether somebody else's route takes packets away from a cluster: a VPN or another container engine that came up later.
 * Wider routes are harmless, since the kernel follows the narrowest. Pure.
 */
export function examineRanges(layout: Ranges, routes: readonly Route[]): Finding[] {
  const about = "addresses"
  const ranges = [
    { of: "pods", text: layout.podCidr, range: parseCidr(layout.podCidr) },
    { of: "services", text: layout.serviceCidr, range: parseCidr(layout.serviceCidr) },
    { of: "nodes", text: layout.nodeCidr, range: parseCidr(layout.nodeCidr) },
    { of: "load balancers", text: layout.loadBalancerPool, range: parseAddressRange(layout.loadBalancerPool) },
  ]
  const foreign = routes.filter(({ device }) => !device.startsWith(layout.devicePrefix))
  const findings = ranges.flatMap(({ of, text, range }) =>
    foreign
      .filter(({ first, last }) => first >= range.first && last <= range.last)
      .map(({ device, ...stolen }): Finding => {
        const destination = cidrsOf(stolen).join(", ")
        return {
          state: "limited",
          about,
          text: `a route through ${device} takes ${destination} away from the cluster's ${of} (${text})`,
          fix: `give ${device} other addresses, or start the cluster anew: it takes ranges that are free then`,
        }
      }),
  )
  return findings.length > 0 ? findings : [{ state: "good", about, text: "the cluster's ranges are its own" }]
}
