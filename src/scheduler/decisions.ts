import type { Key } from "../client/informer.ts"
import { NewestMap } from "../machinery/newest-map.ts"
import type { NodeState } from "./node-state.ts"
import type { Verdict, Verdicts } from "./verdicts.ts"

/** What a scheduling cycle decided, with what is needed to explain it. */
export type Decision = Placement | Refusal

export interface Placement {
  readonly type: "node"
  readonly nodeName: string
  /** How many nodes were looked at, and how many of them fit. */
  readonly evaluated: number
  readonly feasible: number
  /** The best nodes, best first; empty when only one fits. */
  readonly best: readonly { readonly nodeName: string; readonly score: number }[]
}

export interface Refusal {
  readonly type: "unschedulable"
  /** As in FailedScheduling. */
  readonly message: string
  readonly nodeCount: number
  readonly reasons: readonly Reason[]
}

/** Nodes that one plugin refused for the same reasons. */
export interface Reason {
  readonly plugin: string
  readonly reasons: readonly string[]
  /** Ending other pods there would not help. */
  readonly unresolvable: boolean
  /** How many nodes; all of them when a pod was refused as a whole. */
  readonly nodeCount: number
  /** Some of them. */
  readonly nodeNames: readonly string[]
}

const DECISIONS_MAX = 4096
const NODES_NAMED_MAX = 20
const BEST_NAMED_MAX = 5

/** The latest decision about each pod, as many as fit. */
export class Decisions extends NewestMap<Key, Decision> {
  constructor() {
    super(DECISIONS_MAX)
  }
}

export function placement(
  nodeName: string,
  evaluated: number,
  feasible: readonly NodeState[],
  scores: readonly number[],
): Placement {
  return { type: "node", nodeName, evaluated, feasible: feasible.length, best: highest(feasible, scores) }
}

function highest(nodes: readonly NodeState[], scores: readonly number[]): Placement["best"] {
  const best: { nodeName: string; score: number }[] = []
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] ?? 0
    const last = best.at(-1)
    if (best.length === BEST_NAMED_MAX && last !== undefined && score <= last.score) continue
    const at = best.findIndex((other) => other.score < score)
    best.splice(at < 0 ? best.length : at, 0, { nodeName: nodes[index]?.name ?? "", score })
    if (best.length > BEST_NAMED_MAX) best.pop()
  }
  return best
}

type Group = { nodeNames: string[] } & Reason

export function refusal({ nodeCount, whole, byNode, elsewhere, alsoRejectedBy }: Verdicts, message: string): Refusal {
  const groups = new Map<string, Group>()
  const group = (plugin: string, { reasons, unresolvable }: Pick<Reason, "reasons" | "unresolvable">) => {
    const key = `${plugin}\n${reasons.join("\n")}`
    let found = groups.get(key)
    if (found === undefined) groups.set(key, (found = { plugin, reasons, unresolvable, nodeCount: 0, nodeNames: [] }))
    return found
  }
  const count = (reason: Reason, nodes: number) => Object.assign(reason, { nodeCount: reason.nodeCount + nodes })
  if (whole !== undefined) count(group(whole.plugin, whole.rejection), nodeCount)
  const groupOf = new Map<Verdict, Group>()
  for (const [verdict, nodes] of byNode.counts) {
    const found = group(verdict.plugin, verdict.rejection)
    count(found, nodes)
    groupOf.set(verdict, found)
  }
  const unnamed = new Set(groupOf.values())
  for (const [nodeName, verdict] of byNode) {
    if (unnamed.size === 0) break
    const found = groupOf.get(verdict)
    if (found === undefined || !unnamed.has(found)) continue
    found.nodeNames.push(nodeName)
    if (found.nodeNames.length === NODES_NAMED_MAX) unnamed.delete(found)
  }
  if (elsewhere !== undefined) count(group(alsoRejectedBy?.join(",") ?? "", elsewhere), nodeCount - byNode.size)
  return { type: "unschedulable", message, nodeCount, reasons: [...groups.values()] }
}
