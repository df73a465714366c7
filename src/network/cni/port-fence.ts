import { familyOf, macOf } from "../../machinery/net/cidr.ts"
import { changeSets, type Sender } from "../../platform/linux/netlink/set-elements.ts"
import type { Logger } from "../../platform/log.ts"
import { type Family, familyFor } from "../family.ts"
import { type Nft, removeTable } from "../nft.ts"
import { guardTable } from "../table-guard.ts"
import type { Lease } from "./address-pool.ts"
import { hostInterfaceOf, hostInterfacePrefix } from "./host-interface.ts"

export interface PortFenceOptions {
  /** Of the network, after which ports are named. */
  readonly network: string
  /** The hardware address of the bridge: the pods' gateway. */
  readonly mac: string
  /** One range of each family that the pods have addresses of. */
  readonly podCidrs: readonly string[]
  readonly leases: () => readonly Lease[]
  readonly nft: Nft
  readonly netns: string | undefined
  readonly log: Logger
}

/**
 * Stands at the ports of a bridge where pods are plugged in. Every packet between pods must pass the node's rules, or
 * policies could be walked around. By themselves pods send to their gateway only; but a program that may send raw frames
 * could send them to another pod's port, or speak another family there. And what a pod sends must come from its own
 * addresses, or it could pass for another, or answer in another's name.
 */
export interface PortFence {
  /** Makes it anew. */
  make(): Promise<void>
  /** Makes it again when somebody removed or changed it. True when somebody had for sure. */
  repair(): Promise<boolean>
  remove(): Promise<void>
  /** Lets a pod send from its addresses. To be called before it can. */
  admit(leases: readonly Lease[]): Promise<void>
  withdraw(leases: readonly Lease[]): Promise<void>
}

/** The hardware address of a pod: that of its first address. */
export const macOfPod = (leases: readonly Lease[]): string => macOf(leases[0]?.ip ?? "")

export function createPortFence(options: PortFenceOptions): PortFence {
  const { network, nft, netns, log } = options
  const table = `${network}-ports`
  const families = options.podCidrs.map(familyFor)
  let works = false
  const guard = guardTable(nft, `bridge ${table}`, make)

  function sendersOf(leases: readonly Lease[], { name }: Family): Sender[] {
    const pods = Map.groupBy(leases, ({ sandboxId }) => sandboxId)
    return [...pods].flatMap(([sandboxId, own]) => {
      const pod = { device: hostInterfaceOf(network, sandboxId), mac: macOfPod(own) }
      return own.filter(({ ip }) => familyOf(ip) === name).map(({ ip }) => ({ ...pod, address: ip }))
    })
  }

  async function change(verb: "add" | "delete", leases: readonly Lease[]): Promise<void> {
    if (!works) return
    const changes = families.map((family) => {
      const set = { family: "bridge", table, name: setOf(family) } as const
      return { set, verb, elements: sendersOf(leases, family) }
    })
    guard.changed()
    const done = await nft.directly(() => changeSets(changes, netns))
    // Somebody has removed the table, or the element with it.
    if (!done && verb === "add") await make()
  }

  async function make(): Promise<void> {
    guard.changed()
    try {
      await nft.apply(render(table, options, (family) => sendersOf(options.leases(), family)))
      works = true
    } catch (error) {
      works = false
      log.warn("this kernel cannot keep pods from sending frames to each other past the node's rules", { error })
    }
  }

  return {
    make,
    repair: async () => (await guard.check()) && works,
    async remove() {
      if ((await nft.list(`bridge ${table}`)) !== undefined) await nft.apply(removeTable(`bridge ${table}`))
    },
    admit: (leases) => change("add", leases),
    withdraw: (leases) => change("delete", leases),
  }
}

const setOf = ({ nft }: Family): string => `${nft}-senders`

function render(
  table: string,
  { network, mac, podCidrs }: PortFenceOptions,
  sendersOf: (family: Family) => readonly Sender[],
): string {
  const families = podCidrs.map(familyFor)
  const sets = families.map((family) => {
    const elements = sendersOf(family).map(({ device, mac: own, address }) => `"${device}" . ${own} . ${address}`)
    const filled = elements.length > 0 ? ` elements = { ${elements.join(", ")} };` : ""
    return `set ${setOf(family)} { type ifname . ether_addr . ${family.address};${filled} }`
  })
  const rules = families.flatMap((family) => {
    const set = `@${setOf(family)}`
    const own = `ether daddr ${mac} ether type ${family.nft} iifname . ether saddr . ${family.nft} saddr ${set} accept`
    // Nodes know who has which address of IPv6, and need not ask; so nobody else is asked to be believed.
    if (family.name === "IPv6") return [`icmpv6 type { ${ND_FROM_ROUTERS} } drop`, own]
    return [
      `ether type arp iifname . ether saddr . arp saddr ip ${set} iifname . arp saddr ether . arp saddr ip ${set} accept`,
      own,
    ]
  })
  return `${removeTable(`bridge ${table}`)}table bridge ${table} {
  ${sets.join("\n  ")}
  chain prerouting {
    type filter hook prerouting priority -310; policy accept;
    iifname != "${hostInterfacePrefix(network)}*" accept
    ${rules.join("\n    ")}
    drop
  }
}
`
}

/** What changes what others believe of the network. */
const ND_FROM_ROUTERS = "nd-neighbor-advert, nd-router-advert, nd-redirect"
