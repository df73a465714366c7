import { isPinnedNamespace } from "../../platform/linux/namespaces.ts"
import type { Link, Rtnetlink } from "../../platform/linux/netlink/rtnetlink.ts"
import type { PodNetworkRequest } from "../../runtime/pod-network.ts"
import type { Lease } from "./address-pool.ts"
import { hostInterfaceOf, hostInterfacePrefix } from "./host-interface.ts"
import { joinBridge } from "./pod-interface.ts"
import { macOfPod } from "./port-fence.ts"

/** A pod that is plugged in, as far as doing it again takes. */
export type PluggedPod = Pick<PodNetworkRequest, "sandboxId" | "netnsPath" | "interfaceName" | "annotations">

export interface BridgePortsOptions {
  /** Of the network, after which ports are named. */
  readonly name: string
  readonly bridgeIndex: number
  readonly leases: readonly Lease[]
  /** By sandbox: those that are plugged in for certain. Others may be about to come or to go. */
  readonly plugged: ReadonlyMap<string, PluggedPod>
  readonly plugIn: (pod: PluggedPod, own: readonly Lease[]) => void
}

/** The ports of a network's bridge, whether they are tied to it or not. */
export function portsOf(links: Rtnetlink, network: string): readonly Link[] {
  const prefix = hostInterfacePrefix(network)
  return links.links().filter(({ name, kind }) => kind === "veth" && name.startsWith(prefix))
}

/**
 * Ties the pods' ports to the bridge, as after it was made anew, and plugs in again pods whose interface somebody has
 * removed: with the addresses that they had. Returns what was not as it should be, in words.
 */
export function ensurePorts(links: Rtnetlink, options: BridgePortsOptions): string[] {
  const { name, bridgeIndex, leases, plugged, plugIn } = options
  const ports = new Map(portsOf(links, name).map((port) => [port.name, port]))
  const known = new Set(links.bridgeEntries().map(({ index, mac }) => `${index} ${mac}`))
  const neighbours = new Set(
    links.neighbours().flatMap(({ index, address, mac }) => (index === bridgeIndex ? `${address} ${mac}` : [])),
  )
  let [loose, lost] = [0, 0]
  for (const [sandboxId, own] of Map.groupBy(leases, (lease) => lease.sandboxId)) {
    const port = ports.get(hostInterfaceOf(name, sandboxId))
    const mac = macOfPod(own)
    if (port === undefined) {
      const pod = plugged.get(sandboxId)
      if (pod === undefined || !isPinnedNamespace(pod.netnsPath)) continue
      plugIn(pod, own)
      lost++
      continue
    }
    const isTied = port.up && port.master === bridgeIndex && known.has(`${port.index} ${mac}`)
    if (isTied && own.every(({ ip }) => neighbours.has(`${ip} ${mac}`))) continue
    if (!port.up) links.changeLink(port.index, { up: true })
    joinBridge(links, port.index, { bridgeIndex, mac, addresses: own })
    loose++
  }
  return [
    ...(loose > 0 ? [`the interfaces of ${loose} pods were not tied to the bridge ${name}`] : []),
    ...(lost > 0 ? [`the interfaces of ${lost} pods were missing`] : []),
  ]
}
