import { closeSync, openSync } from "node:fs"
import { bitsOf, familyOf, hostCidr } from "../../machinery/net/cidr.ts"
import { inNetworkNamespace, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import { openRtnetlink, type Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import { familyFor } from "../family.ts"
import type { Bandwidth } from "./bandwidth.ts"

/** A pod's end of the network, and the port of the bridge that it is tied to. */
export interface PodInterface {
  readonly netnsPath: string
  /** Its name inside. */
  readonly name: string
  readonly mac: string
  /** One of each family that the network has. */
  readonly addresses: readonly { readonly ip: string; readonly gateway: string }[]
  readonly gatewayMac: string
  /** The name of the other end, on the bridge. */
  readonly port: string
  readonly bridgeIndex: number
  readonly mtu: number
  readonly bandwidth: Bandwidth
}

export type BridgePort = Pick<PodInterface, "bridgeIndex" | "mac"> & {
  readonly addresses: readonly { readonly ip: string }[]
}

/** Makes the pair, replacing what an earlier attempt left, and configures the pod's end. `node`: the bridge's namespace. */
export function plugIn(node: Rtnetlink, wanted: PodInterface): void {
  const { netnsPath, name, mac, port, mtu } = wanted
  const pod = openRtnetlink(netnsPath)
  try {
    // A half-made pair, or one of a namespace that was made anew: taking it away takes both ends.
    node.deleteLink(port)
    const netnsFd = openSync(netnsPath, "r")
    let index: number
    try {
      index = node.createLink({ kind: "veth", name: port, mtu, up: true, peer: { name, mtu, mac, netnsFd } })
    } finally {
      closeSync(netnsFd)
    }
    joinBridge(node, index, wanted)
    if (wanted.bandwidth.ingress) node.limitRate(index, wanted.bandwidth.ingress)
    // Before it comes up: whoever else speaks on the bridge gives pods no routes.
    inNetworkNamespace(netnsPath, () => {
      for (const scope of ["all", name]) {
        writeSysctl(["net", "ipv4", "conf", scope, "accept_redirects"], "0")
        writeSysctl(["net", "ipv6", "conf", scope, "accept_redirects"], "0")
      }
      writeSysctl(["net", "ipv6", "conf", name, "accept_ra"], "0")
      if (wanted.addresses.some(({ ip }) => familyFor(ip).name === "IPv6")) {
        for (const scope of ["all", name, "lo"]) writeSysctl(["net", "ipv6", "conf", scope, "disable_ipv6"], "0")
      }
    })
    configure(pod, wanted)
  } finally {
    pod.close()
  }
}

/**
 * Ties a port to the bridge. Who is behind it is said once: the bridge neither learns nor asks, so no pod can pass for
 * another, or see what is for another while the bridge does not know where that is.
 */
export function joinBridge(node: Rtnetlink, index: number, { bridgeIndex, mac, addresses }: BridgePort): void {
  node.changeLink(index, { master: bridgeIndex })
  node.changeLink(index, { hairpin: true, learning: false, flood: false })
  node.setBridgeEntry({ index, mac })
  for (const { ip } of addresses) node.setNeighbour({ index: bridgeIndex, address: ip, mac, fdb: false })
}

/** What the port has left there when it is gone. */
export function leaveBridge(node: Rtnetlink, { bridgeIndex, mac, addresses }: BridgePort): void {
  for (const { ip } of addresses) node.deleteNeighbour({ index: bridgeIndex, address: ip, mac, fdb: false })
}

function configure(pod: Rtnetlink, { name, addresses, gatewayMac, bandwidth }: PodInterface): void {
  const lo = pod.link("lo")
  if (lo && !lo.up) pod.changeLink(lo.index, { up: true })
  const index = pod.link(name)?.index ?? 0
  if (bandwidth.egress) pod.limitRate(index, bandwidth.egress)
  pod.changeLink(index, { up: true })
  for (const { ip, gateway } of addresses) {
    pod.setAddress({ index, address: ip, prefixLength: bitsOf(familyOf(ip)) })
    pod.setRoute({ type: "unicast", destination: hostCidr(gateway), index, source: ip })
    pod.setRoute({ type: "unicast", destination: familyFor(ip).anywhere, gateway, index, source: ip })
    // Known beforehand: the first packet waits for nobody.
    pod.setNeighbour({ index, address: gateway, mac: gatewayMac, fdb: false })
  }
}
