import { closeSync, openSync } from "node:fs"
import { macOf } from "../../machinery/net/cidr.ts"
import { inNetworkNamespace, writeSysctl } from "../../platform/linux/netlink/network-namespace.ts"
import { openRtnetlink, type Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import type { Bandwidth } from "./bandwidth.ts"

/** A pod's end of the network, and the port of the bridge that it is tied to. */
export interface PodInterface {
  readonly netnsPath: string
  /** Its name inside. */
  readonly name: string
  /** The name of the other end, on the bridge. */
  readonly port: string
  readonly bridgeIndex: number
  readonly ip: string
  readonly gateway: string
  readonly mtu: number
  readonly bandwidth: Bandwidth
}

/** Makes the pair, replacing what an earlier attempt left, and configures the pod's end. `node`: the bridge's namespace. */
export function plugIn(node: Rtnetlink, wanted: PodInterface): void {
  const { netnsPath, name, port, mtu, ip } = wanted
  const pod = openRtnetlink(netnsPath)
  try {
    // A half-made pair, or one of a namespace that was made anew: taking it away takes both ends.
    node.deleteLink(port)
    const netnsFd = openSync(netnsPath, "r")
    let index: number
    try {
      const peer = { name, mtu, mac: macOf(ip), netnsFd }
      index = node.createLink({ kind: "veth", name: port, mtu, up: true, master: wanted.bridgeIndex, peer })
    } finally {
      closeSync(netnsFd)
    }
    node.changeLink(index, { hairpin: true })
    if (wanted.bandwidth.ingress) node.limitRate(index, wanted.bandwidth.ingress)
    configure(pod, wanted)
    inNetworkNamespace(netnsPath, () => {
      for (const scope of ["all", name]) writeSysctl(["net", "ipv4", "conf", scope, "accept_redirects"], "0")
    })
  } finally {
    pod.close()
  }
}

function configure(pod: Rtnetlink, { name, ip, gateway, bandwidth }: PodInterface): void {
  const lo = pod.link("lo")
  if (lo && !lo.up) pod.changeLink(lo.index, { up: true })
  const index = pod.link(name)?.index ?? 0
  if (bandwidth.egress) pod.limitRate(index, bandwidth.egress)
  pod.changeLink(index, { up: true })
  pod.setAddress({ index, address: ip, prefixLength: 32 })
  pod.setRoute({ type: "unicast", destination: `${gateway}/32`, index, source: ip })
  pod.setRoute({ type: "unicast", destination: "0.0.0.0/0", gateway, index, source: ip })
  // Known beforehand: the first packet waits for nobody.
  pod.setNeighbour({ index, address: gateway, mac: macOf(gateway), fdb: false })
}
