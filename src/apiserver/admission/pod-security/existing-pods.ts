import type { Pod } from "../../../api/core/v1/pod.ts"
import type { Platform } from "../../../platform/platform.ts"
import { subjectOf } from "./check.ts"
import { evaluate } from "./evaluate.ts"
import { formatLevel, type LevelVersion } from "./policy.ts"

/** So many pods are looked at, for so long, when a namespace becomes stricter. */
const PODS_MAX = 3000
const TIME_MAX_MS = 1000

/** What to say about pods that are there already when their namespace asks for a stricter level. */
export function warningsOfExistingPods(
  pods: readonly Pod[],
  namespace: string,
  level: LevelVersion,
  clock: Pick<Platform["clock"], "nowMs">,
): readonly string[] {
  const deadline = clock.nowMs() + TIME_MAX_MS
  const violations = new Map<string, string[]>()
  let checked = 0
  for (const pod of oneOfEachFirst(pods)) {
    if (checked === PODS_MAX || clock.nowMs() > deadline) break
    checked++
    const findings = evaluate(level, subjectOf(pod.metadata, pod.spec))
    if (findings.length === 0) continue
    const reasons = findings.map(({ reason }) => reason).join(", ")
    violations.getOrInsertComputed(reasons, () => []).push(pod.metadata.name)
  }
  const warnings: string[] = []
  if (checked < pods.length) {
    warnings.push(
      `new PodSecurity enforce level only checked against the first ${checked} of ${pods.length} existing pods`,
    )
  }
  if (violations.size === 0) return warnings
  warnings.push(
    `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${formatLevel(level)}"`,
  )
  return [...warnings, ...[...violations].map(([reasons, names]) => `${whose(names)}: ${reasons}`).sort()]
}

function whose(names: readonly string[]): string {
  const first = names.toSorted()[0]
  if (names.length === 1) return `${first}`
  return names.length === 2 ? `${first} (and 1 other pod)` : `${first} (and ${names.length - 1} other pods)`
}

/** The pods of one controller are alike: one of each comes before the rest. */
function oneOfEachFirst(pods: readonly Pod[]): readonly Pod[] {
  const seen = new Set<string>()
  const [first, more]: [Pod[], Pod[]] = [[], []]
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller)
    if (owner !== undefined && seen.has(owner.uid)) more.push(pod)
    else first.push(pod)
    if (owner !== undefined) seen.add(owner.uid)
  }
  return [...first, ...more]
}
