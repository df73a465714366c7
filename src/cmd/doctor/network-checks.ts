import { cidrsOf, parseAddressRange } from "../../machinery/net/address-range.ts"
import { parseCidr } from "../../machinery/net/cidr.ts"
import type { ClusterLayout } from "../cluster/layout.ts"
import type { RoutedRange } from "../cluster/machine-address.ts"
import type { ClusterRanges } from "../cluster/ranges.ts"
import type { Finding } from "./checks.ts"

type Ranges = Pick<ClusterLayout, "devicePrefix"> & {
  readonly ranges: readonly Omit<ClusterRanges, "servicesAddress">[]
}

/**
 * Whether somebody else's route takes packets away from a cluster: a VPN or another container engine that came up later.
 * Wider routes are harmless, since the kernel follows the narrowest. Pure.
 */
export function examineRanges(layout: Ranges, routes: readonly RoutedRange[]): Finding[] {
  const about = "addresses"
  const ranges = layout.ranges.flatMap(({ podCidr, serviceCidr, nodeCidr, loadBalancerPool }) => [
    { of: "pods", text: podCidr, range: parseCidr(podCidr) },
    { of: "services", text: serviceCidr, range: parseCidr(serviceCidr) },
    { of: "nodes", text: nodeCidr, range: parseCidr(nodeCidr) },
    { of: "load balancers", text: loadBalancerPool, range: parseAddressRange(loadBalancerPool) },
  ])
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
