import type { RuleWriter } from "../nft.ts"

/** What lies between the nodes of one machine, as its first node looks after it. */
export interface NodeSwitch {
  /** Of the bridge; tables are named after it. */
  readonly name: string
  /**
   * Makes the bridge again, with addresses, settings of the kernel and the nodes' interfaces, except those that are shut
   * down, which is how a node is cut off. Returns what was not as it should be, in words.
   */
  repairDevices(): readonly string[]
  /** The same for rules. */
  repair(): Promise<readonly string[]>
  readonly writer: RuleWriter
}
