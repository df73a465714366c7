import { Node } from "../../api/core/v1/node.ts"
import type { Client } from "../../client/client.ts"
import { startInformer } from "../../client/informer.ts"
import type { Platform } from "../../platform/platform.ts"
import { type Peer, peersOf } from "../overlay/peers.ts"
import type { Overlay } from "../overlay/vxlan.ts"

export interface NodeFeedOptions {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
  readonly nodeName: string
  /** Of the family of the tunnels. */
  readonly nodeIp: string
  /** What this node's pods have their addresses from. */
  readonly podCidrs: readonly string[]
  readonly signal: AbortSignal
  /** Absent: this is the only node. */
  readonly overlay: Overlay | undefined
  readonly onChange: () => void
  readonly onPeers: (peers: readonly Peer[]) => void
  /** The zone that this node is in; empty when it is in none. Called when it changes. */
  readonly onZone: (zone: string) => void
}

const ZONE_LABEL = "topology.kubernetes.io/zone"

export interface NodeFeed {
  readonly synced: Promise<void>
  nodes(): readonly Node[]
  /** Makes the tunnels again, with their settings, addresses and routes. Returns what was not as it should be, in words. */
  repair(): readonly string[]
}

/** Follows nodes. Most changes of a node are heartbeats: the overlay hears of those that concern it only. */
export function feedNodes(options: NodeFeedOptions): NodeFeed {
  const { overlay, nodeName, platform, signal } = options
  const nodes = startInformer(options.client, Node, options)
  let complete = false
  let told = ""
  let zone = ""

  function tell(): void {
    if (!complete || signal.aborted) return
    tellZone()
    if (overlay) tellPeers(overlay)
  }

  function tellZone(): void {
    const current = nodes.get(nodeName)?.metadata.labels?.[ZONE_LABEL] ?? ""
    if (current === zone) return
    zone = current
    options.onZone(zone)
  }

  function tellPeers(overlay: Overlay): void {
    const peers = peersOf(nodes.list(), options)
    const own = nodes.get(nodeName)
    const facts = JSON.stringify([own?.spec.podCIDRs, ...peers.map((peer) => JSON.stringify(peer)).sort()])
    if (facts === told) return
    checkOwnRange(own, options)
    try {
      overlay.start()
      overlay.setPeers(peers)
      told = facts
      options.onPeers(peers)
      options.onChange()
    } catch (error) {
      // Tried again with the next change, and every node has one within seconds.
      platform.log.error("cannot bring the overlay in step with the nodes", { error })
    }
  }

  nodes.onChange(tell)
  return {
    nodes: () => nodes.list(),
    repair() {
      if (!complete || !overlay) return []
      const mended = overlay.start()
      const made = overlay.setPeers(peersOf(nodes.list(), options))
      return made === 0 ? mended : [...mended, `${made} routes and neighbours of the other nodes were missing`]
    },
    synced: nodes.synced.then(() => {
      complete = true
      tell()
    }),
  }
}

/** The other nodes send to the range that the API says: with another here, their packets would find no pod. */
function checkOwnRange(own: Node | undefined, { podCidrs, platform }: NodeFeedOptions): void {
  const { podCIDR, podCIDRs = podCIDR ? [podCIDR] : [] } = own?.spec ?? {}
  const [told, expected] = [podCIDRs.join(), podCidrs.join()]
  if (told === "" || told === expected) return
  platform.log.error("other nodes cannot reach the pods of this one: delete the node object to register anew", {
    found: told,
    expected,
  })
}
