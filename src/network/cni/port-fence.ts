import type { Logger } from "../../platform/log.ts"
import { type Nft, removeTable } from "../nft.ts"

/** Where a bridge's pods are plugged in. */
export interface FencedPorts {
  /** Of the nft table, in the family `bridge`. */
  readonly table: string
  /** First part of the names of the bridge's ports. */
  readonly portPrefix: string
  /** The hardware address of the bridge: the pods' gateway. */
  readonly mac: string
  readonly podCidr: string
}

/**
 * Every packet between pods must pass the node's rules, or policies could be walked around. By themselves pods send to
 * their gateway only; but a program that may send raw frames could send them to another pod's port, or speak IPv6 there,
 * or take an address that no pod has.
 */
export async function fencePorts(
  nft: Nft,
  { table, portPrefix, mac, podCidr }: FencedPorts,
  log: Logger,
): Promise<void> {
  const transaction = `${removeTable(`bridge ${table}`)}table bridge ${table} {
  chain prerouting {
    type filter hook prerouting priority -310; policy accept;
    iifname != "${portPrefix}*" accept
    ether type arp accept
    ether daddr ${mac} ether type ip ip saddr ${podCidr} accept
    drop
  }
}
`
  try {
    await nft.apply(transaction)
  } catch (error) {
    log.warn("this kernel cannot keep pods from sending frames to each other past the node's rules", { error })
  }
}

/** Makes the fence again when somebody removed it. */
export async function repairFence(nft: Nft, ports: FencedPorts, log: Logger): Promise<void> {
  if ((await nft.list(`bridge ${ports.table}`)) === undefined) await fencePorts(nft, ports, log)
}

export async function removeFence(nft: Nft, { table }: FencedPorts): Promise<void> {
  if ((await nft.list(`bridge ${table}`)) !== undefined) await nft.apply(removeTable(`bridge ${table}`))
}
