/** A pod of this node, from before its network comes up until after it has gone. */
export interface GatedPod {
  readonly sandboxId: string
  readonly podUid: string
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** One of each family that the network has. */
  readonly ips: readonly string[]
}

/** Who decides what pods may send and receive. */
export interface PodGate {
  /** Resolves when the rules for the addresses are in force: no packet of the pod has moved before. May be repeated. */
  admit(pod: GatedPod): Promise<void>
  /** The pod's interface is gone. */
  forget(sandboxId: string): void
}
