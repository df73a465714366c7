import type { Node } from "../../api/core/v1/node.ts"
import type { NodeCondition } from "../../api/core/v1/node-status.ts"
import type { Taint } from "../../api/core/v1/toleration.ts"

/**
 * What follows from a node's heartbeats and conditions.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
 */

/** How long a node may be silent, and how long it may take to speak for the first time. Kubernetes' defaults. */
export const SILENCE_LONGEST_MS = 50_000
export const STARTUP_LONGEST_MS = 60_000

/** Heartbeats are judged by when this process saw them, so that clocks of different machines need not agree. */
export interface Heard {
  /** By the monotonic clock; undefined: never since this process runs. */
  readonly atMs: number
}

/** How long until silence makes the node unknown; 0 or less: it is. */
export function silenceLeftMs(node: Node, heard: Heard, nowMs: number): number {
  const spoke = readyCondition(node) !== undefined
  return heard.atMs + (spoke ? SILENCE_LONGEST_MS : STARTUP_LONGEST_MS) - nowMs
}

const WATCHED = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]

/** The conditions of a node that went silent; undefined when they say so already. */
export function unknownConditions(node: Node, nowText: string): readonly NodeCondition[] | undefined {
  const present = node.status.conditions ?? []
  if (readyCondition(node)?.status === "Unknown") return undefined
  const changed = present.map((condition) =>
    WATCHED.includes(condition.type) && condition.status !== "Unknown"
      ? {
          ...condition,
          status: "Unknown",
          reason: "NodeStatusUnknown",
          message: "Kubelet stopped posting node status.",
          lastTransitionTime: nowText,
        }
      : condition,
  )
  const missing = WATCHED.filter((type) => !present.some((condition) => condition.type === type)).map((type) => ({
    type,
    status: "Unknown",
    reason: "NodeStatusNeverUpdated",
    message: "Kubelet never posted node status.",
    lastHeartbeatTime: node.metadata.creationTimestamp,
    lastTransitionTime: nowText,
  }))
  return [...changed, ...missing]
}

const UNREACHABLE = "node.kubernetes.io/unreachable"
const NOT_READY = "node.kubernetes.io/not-ready"

/** Which taint stands for which condition in which state. */
const TAINT_OF_CONDITION: readonly { readonly type: string; readonly status: string; readonly key: string }[] = [
  { type: "Ready", status: "False", key: NOT_READY },
  { type: "Ready", status: "Unknown", key: UNREACHABLE },
  { type: "MemoryPressure", status: "True", key: "node.kubernetes.io/memory-pressure" },
  { type: "DiskPressure", status: "True", key: "node.kubernetes.io/disk-pressure" },
  { type: "NetworkUnavailable", status: "True", key: "node.kubernetes.io/network-unavailable" },
  { type: "PIDPressure", status: "True", key: "node.kubernetes.io/pid-pressure" },
]
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable"

/**
 * The taints that a node should have; undefined when it has them. Taints that other people set stay.
 * `evict`: whether a node that is not ready drives its pods away now (`eviction-pace.ts`).
 */
export function plannedTaints(node: Node, evict: boolean, nowText: string): readonly Taint[] | undefined {
  const status = new Map((node.status.conditions ?? []).map((condition) => [condition.type, condition.status]))
  const repelling = TAINT_OF_CONDITION.filter(({ type, status: bad }) => status.get(type) === bad)
  const wanted: Taint[] = repelling.map(({ key }) => ({ key, effect: "NoSchedule" }))
  if (node.spec.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: "NoSchedule" })
  if (evict) {
    for (const { key } of repelling) {
      if (key === NOT_READY || key === UNREACHABLE) wanted.push({ key, effect: "NoExecute" })
    }
  }
  const present = node.spec.taints ?? []
  const kept = present.filter((taint) => !isOurs(taint) || wanted.some((other) => isSame(taint, other)))
  const added = wanted
    .filter((taint) => !present.some((other) => isSame(taint, other)))
    .map((taint) => ({ ...taint, timeAdded: nowText }))
  return added.length === 0 && kept.length === present.length ? undefined : [...kept, ...added]
}

export function readyCondition(node: Node): NodeCondition | undefined {
  return node.status.conditions?.find(({ type }) => type === "Ready")
}

export const isNodeReady = (node: Node): boolean => readyCondition(node)?.status === "True"

/** Whether the node drives its pods away because it is not ready. */
export const isTaintedByUs = ({ spec }: Node): boolean =>
  (spec.taints ?? []).some(({ key, effect }) => effect === "NoExecute" && (key === NOT_READY || key === UNREACHABLE))

/** Labels of before 1.14 that follow those of today. */
const SECONDARY_LABELS: readonly (readonly [primary: string, secondary: string])[] = [
  ["kubernetes.io/os", "beta.kubernetes.io/os"],
  ["kubernetes.io/arch", "beta.kubernetes.io/arch"],
]

/** The labels to set so that tools of any age find what they look for; undefined when all is well. */
export function missingLabels({ metadata: { labels = {} } }: Node): Readonly<Record<string, string>> | undefined {
  const missing = SECONDARY_LABELS.flatMap(([primary, secondary]) => {
    const value = labels[primary]
    return value === undefined || labels[secondary] === value ? [] : [[secondary, value] as const]
  })
  return missing.length === 0 ? undefined : Object.fromEntries(missing)
}

const isSame = (left: Taint, right: Taint) => left.key === right.key && left.effect === right.effect

function isOurs({ key, effect }: Taint): boolean {
  if (effect === "NoExecute") return key === NOT_READY || key === UNREACHABLE
  return effect === "NoSchedule" && (key === UNSCHEDULABLE || TAINT_OF_CONDITION.some((entry) => entry.key === key))
}
