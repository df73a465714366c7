import type { HorizontalPodAutoscaler } from "../../api/autoscaling/v2/horizontal-pod-autoscaler.ts"
import type { HPAScalingRules } from "../../api/autoscaling/v2/scaling-behavior.ts"

/** What an autoscaler remembers: what it wanted, and what it did. Times in milliseconds. */
export interface Memory {
  readonly recommendations: readonly { readonly replicas: number; readonly atMs: number }[]
  /** Pods added (positive) and taken away (negative). */
  readonly changes: readonly { readonly by: number; readonly atMs: number }[]
}

export const NO_MEMORY: Memory = { recommendations: [], changes: [] }

/** What is left of a wish after all bounds, and which of them held. */
export interface Limited {
  readonly replicas: number
  readonly able: readonly [reason: string, message: string]
  readonly limited: readonly [holds: boolean, reason: string, message: string]
  readonly memory: Memory
}

const DOWN_WINDOW_SECONDS = 300
const LONGEST_MS = 3_600_000

const READY = ["ReadyForNewScale", "recommended size matches current size"] as const
const IN_RANGE = ["DesiredWithinRange", "the desired count is within the acceptable range"] as const
const TOO_MANY = ["TooManyReplicas", "the desired replica count is more than the maximum replica count"] as const
const TOO_FEW = ["TooFewReplicas", "the desired replica count is less than the minimum replica count"] as const
const UP_LIMIT = ["ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate"] as const
const DOWN_LIMIT = [
  "ScaleDownLimit",
  "the desired replica count is decreasing faster than the maximum scale rate",
] as const

/** Brings a wish within the bounds that the autoscaler sets: of number, of speed, and of patience. */
export function limitReplicas(
  { spec }: Pick<HorizontalPodAutoscaler, "spec">,
  current: number,
  wanted: number,
  memory: Memory,
  nowMs: number,
): Limited {
  const lowest = spec.minReplicas ?? 1
  const { behavior } = spec
  const stabilized =
    behavior === undefined
      ? highestOf(memory, wanted, nowMs)
      : stabilize(memory, current, wanted, windowsOf(behavior), nowMs)
  const [replicas, reason, message] =
    behavior === undefined
      ? within(stabilized, lowest, spec.maxReplicas, Math.max(2 * current, 4))
      : withRules(behavior, current, stabilized, [lowest, spec.maxReplicas], memory, nowMs)
  return {
    replicas,
    able: stabilized === wanted ? READY : whyStabilized(behavior !== undefined, current, wanted),
    limited: [replicas !== stabilized, reason, message],
    memory: remember(memory, wanted, nowMs),
  }
}

function whyStabilized(hasRules: boolean, current: number, wanted: number): readonly [string, string] {
  return hasRules && wanted >= current
    ? [
        "ScaleUpStabilized",
        "recent recommendations were lower than current one, applying the lowest recent recommendation",
      ]
    : [
        "ScaleDownStabilized",
        "recent recommendations were higher than current one, applying the highest recent recommendation",
      ]
}

function remember({ recommendations, changes }: Memory, replicas: number, atMs: number): Memory {
  const recent = <T extends { readonly atMs: number }>(list: readonly T[]) =>
    list.filter((each) => atMs - each.atMs <= LONGEST_MS)
  return { recommendations: [...recent(recommendations), { replicas, atMs }], changes: recent(changes) }
}

export function rememberChange(memory: Memory, by: number, atMs: number): Memory {
  return by === 0 ? memory : { ...memory, changes: [...memory.changes, { by, atMs }] }
}

function highestOf({ recommendations }: Memory, wanted: number, nowMs: number): number {
  const recent = recommendations.filter(({ atMs }) => nowMs - atMs <= DOWN_WINDOW_SECONDS * 1000)
  return Math.max(wanted, ...recent.map(({ replicas }) => replicas))
}

interface Windows {
  readonly upMs: number
  readonly downMs: number
}

function windowsOf({ scaleUp, scaleDown }: NonNullable<HorizontalPodAutoscaler["spec"]["behavior"]>): Windows {
  return {
    upMs: (scaleUp?.stabilizationWindowSeconds ?? 0) * 1000,
    downMs: (scaleDown?.stabilizationWindowSeconds ?? DOWN_WINDOW_SECONDS) * 1000,
  }
}

/** Only what was wanted all along: the least of late when growing, the most when shrinking. */
function stabilize(
  { recommendations }: Memory,
  current: number,
  wanted: number,
  { upMs, downMs }: Windows,
  nowMs: number,
): number {
  const since = (ms: number) => recommendations.filter(({ atMs }) => nowMs - atMs < ms).map(({ replicas }) => replicas)
  const up = Math.min(wanted, ...since(upMs))
  const down = Math.max(wanted, ...since(downMs))
  return Math.min(Math.max(current, up), down)
}

type Verdict = readonly [replicas: number, reason: string, message: string]

function within(wanted: number, lowest: number, highest: number, speedLimit: number): Verdict {
  if (wanted < lowest) return [lowest, ...TOO_FEW]
  const [most, why] = highest > speedLimit ? [speedLimit, UP_LIMIT] : [highest, TOO_MANY]
  return wanted > most ? [most, ...why] : [wanted, ...IN_RANGE]
}

function withRules(
  { scaleUp, scaleDown }: NonNullable<HorizontalPodAutoscaler["spec"]["behavior"]>,
  current: number,
  wanted: number,
  [lowest, highest]: readonly [number, number],
  memory: Memory,
  nowMs: number,
): Verdict {
  if (wanted > current) {
    const limit = Math.max(current, speedLimit(scaleUp, current, memory, nowMs, 1))
    const [most, why] = highest > limit ? [limit, UP_LIMIT] : [highest, TOO_MANY]
    return wanted > most ? [most, ...why] : [wanted, ...IN_RANGE]
  }
  if (wanted < current) {
    const limit = Math.min(current, speedLimit(scaleDown, current, memory, nowMs, -1))
    const [least, why] = lowest < limit ? [limit, DOWN_LIMIT] : [lowest, TOO_FEW]
    return wanted < least ? [least, ...why] : [wanted, ...IN_RANGE]
  }
  return [wanted, ...IN_RANGE]
}

/** How many there may be by the policies; `direction` is 1 for growing and -1 for shrinking. */
function speedLimit(
  rules: HPAScalingRules | undefined,
  current: number,
  { changes }: Memory,
  nowMs: number,
  direction: 1 | -1,
): number {
  const { selectPolicy, policies = [] } = rules ?? {}
  if (selectPolicy === "Disabled" || policies.length === 0) return current
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const recent = changes.filter(({ atMs }) => nowMs - atMs < periodSeconds * 1000)
    const before = current - recent.reduce((sum, { by }) => sum + by, 0)
    if (type === "Pods") return before + direction * value
    // Rounded so that growing by a small part still grows.
    return direction > 0 ? Math.ceil(before * (1 + value / 100)) : Math.trunc(before * (1 - value / 100))
  })
  const wide = selectPolicy !== "Min"
  return wide === direction > 0 ? Math.max(...limits) : Math.min(...limits)
}
