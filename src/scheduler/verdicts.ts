import type { Rejection } from "./framework.ts"

/** Why a pod does not fit on a node, and which plugin says so. */
export interface Verdict {
  readonly plugin: string
  readonly rejection: Rejection
}

const verdicts = new WeakMap<Rejection, Verdict>()

/** Many nodes are refused for the same reason: one object says so for all of them. */
export function verdictOf(plugin: string, rejection: Rejection): Verdict {
  const known = verdicts.get(rejection)
  if (known?.plugin === plugin) return known
  const verdict = { plugin, rejection }
  verdicts.set(rejection, verdict)
  return verdict
}

/** The nodes that refused a pod, by name, counted by what they say. */
export class Refusals implements Iterable<readonly [string, Verdict]> {
  readonly #byNode = new Map<string, Verdict>()
  readonly #counts = new Map<Verdict, number>()

  constructor(refusals: Iterable<readonly [string, Verdict]> = []) {
    for (const [nodeName, verdict] of refusals) this.set(nodeName, verdict)
  }

  get size(): number {
    return this.#byNode.size
  }

  /** How many nodes say the same. */
  get counts(): ReadonlyMap<Verdict, number> {
    return this.#counts
  }

  get(nodeName: string): Verdict | undefined {
    return this.#byNode.get(nodeName)
  }

  set(nodeName: string, verdict: Verdict): void {
    this.delete(nodeName)
    this.#byNode.set(nodeName, verdict)
    this.#counts.set(verdict, (this.#counts.get(verdict) ?? 0) + 1)
  }

  delete(nodeName: string): void {
    const verdict = this.#byNode.get(nodeName)
    if (verdict === undefined) return
    this.#byNode.delete(nodeName)
    const left = (this.#counts.get(verdict) ?? 0) - 1
    if (left > 0) this.#counts.set(verdict, left)
    else this.#counts.delete(verdict)
  }

  [Symbol.iterator](): Iterator<readonly [string, Verdict]> {
    return this.#byNode[Symbol.iterator]()
  }
}

/** Why a pod fits nowhere. */
export interface Verdicts {
  readonly nodeCount: number
  /** Set when a plugin refused the pod before looking at nodes. */
  readonly whole?: Verdict
  readonly byNode: Refusals
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
  for (const [{ rejection }, nodes] of byNode.counts) count(rejection, nodes)
  if (elsewhere !== undefined && byNode.size < nodeCount) count(elsewhere, nodeCount - byNode.size)
  const parts = [...counts].map(([reason, nodes]) => `${nodes} ${reason}`).sort()
  return parts.length === 0 ? `${head}${tail}` : `${head} ${parts.join(", ")}.${tail}`
}

/** The plugins whose events can help a pod that fits nowhere; empty when there is no node at all. */
export function rejectingPlugins({ whole, byNode, alsoRejectedBy = [] }: Verdicts): ReadonlySet<string> {
  const plugins = new Set(alsoRejectedBy)
  if (whole !== undefined) plugins.add(whole.plugin)
  for (const { plugin } of byNode.counts.keys()) plugins.add(plugin)
  return plugins
}
