import type { Rejection } from "./framework.ts"

/** Why a pod does not fit on a node, and which plugin says so. */
export interface Verdict {
  readonly plugin: string
  readonly rejection: Rejection
}

/** Why a pod fits nowhere. */
export interface Verdicts {
  readonly nodeCount: number
  /** Set when a plugin refused the pod before looking at nodes. */
  readonly whole?: Verdict
  readonly byNode: ReadonlyMap<string, Verdict>
  /** What holds for nodes that nothing else was said about, as plugins had named the only nodes worth looking at. */
  readonly elsewhere?: Rejection
  /** Plugins whose events wake the pod, beside those in the verdicts. */
  readonly alsoRejectedBy?: readonly string[]
}

/**
 * The text of the FailedScheduling event: `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`
 * What PostFilter plugins have to say follows: ` preemption: 0/3 nodes are available: …`.
 */
export function unschedulableMessage({ nodeCount, whole, byNode, elsewhere }: Verdicts, postFilter = ""): string {
  if (nodeCount === 0) return "no nodes available to schedule pods"
  const head = `0/${nodeCount} nodes are available:`
  const tail = postFilter === "" ? "" : ` ${postFilter}`
  if (whole !== undefined) return `${head} ${whole.rejection.reasons.join(", ")}.${tail}`
  const counts = new Map<string, number>()
  const count = ({ reasons }: Rejection, nodes: number) => {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + nodes)
  }
  for (const { rejection } of byNode.values()) count(rejection, 1)
  if (elsewhere !== undefined && byNode.size < nodeCount) count(elsewhere, nodeCount - byNode.size)
  const parts = [...counts].map(([reason, nodes]) => `${nodes} ${reason}`).sort()
  return parts.length === 0 ? `${head}${tail}` : `${head} ${parts.join(", ")}.${tail}`
}

/** The plugins whose events can help a pod that fits nowhere; empty when there is no node at all. */
export function rejectingPlugins({ whole, byNode, alsoRejectedBy = [] }: Verdicts): ReadonlySet<string> {
  const plugins = new Set(alsoRejectedBy)
  if (whole !== undefined) plugins.add(whole.plugin)
  for (const { plugin } of byNode.values()) plugins.add(plugin)
  return plugins
}
