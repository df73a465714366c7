import type { Node } from "../../../src/api/core/v1/node.ts"
import type { Pod } from "../../../src/api/core/v1/pod.ts"
import { matchesNode } from "../../../src/kubelet/admission/node-affinity.ts"
import { parseQuantity, quantityMilliValue } from "../../../src/machinery/quantity/quantity.ts"
import { broken, type Invariant } from "../invariant.ts"
import type { Record } from "../record.ts"
import { nameOf, PODS, podChange } from "./pods.ts"

/** How long the scheduler may go by what a node was like before. */
const STALE_MS = 120_000
/** What DaemonSets' pods tolerate is what they say; everything else is as for other pods. */
const HARD: ReadonlySet<string> = new Set(["NoSchedule", "NoExecute"])

interface Version {
  readonly node: Node
  /** When it was replaced. */
  untilMs: number
}

/** Pods are bound only to nodes that have room for them and let them in. */
export function bindings(): Invariant {
  const versions = new Map<string, Version[]>()
  return {
    name: "bindings",
    onChange(change, { nowMs, record }) {
      if (change.resource === "nodes") {
        const all = versions.getOrInsertComputed(change.key, () => [])
        const last = all.at(-1)
        if (last !== undefined) last.untilMs = nowMs
        if (change.after !== undefined) all.push({ node: change.after as unknown as Node, untilMs: Infinity })
        versions.set(
          change.key,
          all.filter(({ untilMs }) => untilMs > nowMs - STALE_MS),
        )
      }
      const { after, before } = podChange(change) ?? {}
      const { nodeName } = after?.spec ?? {}
      if (after === undefined || nodeName === undefined || before?.spec.nodeName !== undefined) return
      const known = (versions.get(nodeName) ?? []).filter(({ untilMs }) => untilMs > nowMs - STALE_MS)
      const reasons = known.map(({ node }) => reasonAgainst(after, node, record))
      if (reasons.length === 0) throw broken(`${nameOf(after)} is bound to ${nodeName}, which is not there`)
      if (!reasons.includes(undefined)) throw broken(`${nameOf(after)} is bound to ${nodeName}: ${reasons.join("; ")}`)
    },
  }
}

function reasonAgainst(pod: Pod, node: Node, record: Record): string | undefined {
  const { name } = node.metadata
  const there = record
    .list<Pod>(PODS)
    .filter(({ spec, status }) => spec.nodeName === name && status.phase !== "Succeeded" && status.phase !== "Failed")
  const { allocatable = {} } = node.status
  const most = new Map(Object.entries(allocatable))
  const room = (resource: string) => quantityMilliValue(parseQuantity(most.get(resource) ?? "0"))
  if (there.length * 1000 > room("pods")) return `${there.length} pods are more than ${most.get("pods")}`
  for (const resource of ["cpu", "memory"]) {
    const asked = there.reduce((sum, each) => sum + requestOf(each, resource), 0)
    if (asked > room(resource)) return `${resource} of ${asked / 1000} is more than ${most.get(resource)}`
  }
  const tolerations = pod.spec.tolerations ?? []
  const against = (node.spec.taints ?? []).find(
    (taint) =>
      HARD.has(taint.effect) &&
      !tolerations.some(
        ({ effect = "", key = "", operator = "Equal", value = "" }) =>
          (effect === "" || effect === taint.effect) &&
          ((operator === "Exists" && (key === "" || key === taint.key)) ||
            (key === taint.key && value === (taint.value ?? ""))),
      ),
  )
  if (against !== undefined) return `the taint ${against.key} is not tolerated`
  const { labels = {}, name: named } = node.metadata
  return matchesNode(pod, { name: named, labels }) ? undefined : "node selector or affinity does not match"
}

/** In thousandths. The simulation's init containers ask for less than its other containers. */
function requestOf({ spec }: Pod, resource: string): number {
  return spec.containers.reduce((sum, { resources }) => {
    const asked = new Map(Object.entries(resources?.requests ?? {})).get(resource)
    return asked === undefined ? sum : sum + quantityMilliValue(parseQuantity(asked))
  }, 0)
}
