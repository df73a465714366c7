import type { Check, CheckPod, Finding, Subject } from "./check.ts"
import { confinementChecks } from "./confinement-checks.ts"
import { hostChecks } from "./host-checks.ts"
import type { LevelVersion } from "./policy.ts"
import { privilegeChecks } from "./privilege-checks.ts"
import { volumeChecks } from "./volume-checks.ts"

const byId = (left: Check, right: Check): number => (left.id < right.id ? -1 : 1)
const all = [...hostChecks, ...privilegeChecks, ...confinementChecks, ...volumeChecks].sort(byId)
const ofLevel = (level: Check["level"]) => all.filter((check) => check.level === level)
const BASELINE = ofLevel("baseline")
const RESTRICTED = ofLevel("restricted")
const chosen = new Map<string, readonly CheckPod[]>()

/** What a level of the Pod Security Standards, as of a version, finds wrong with a pod. */
export function evaluate(wanted: LevelVersion, subject: Subject): readonly Finding[] {
  if (wanted.level === "privileged") return []
  return checksOf(wanted)
    .map((check) => check(subject))
    .filter((finding) => finding !== undefined)
}

/** Versions after the newest that changes a rule have the same rules. */
const NEWEST = Math.max(...all.flatMap(({ since }) => since.map(([minor]) => minor)))

function checksOf({ level, minor }: LevelVersion): readonly CheckPod[] {
  const known = Math.min(minor, NEWEST)
  return chosen.getOrInsertComputed(`${level} ${known}`, () => {
    if (level === "baseline") return BASELINE.flatMap((check) => ruleAt(check, known))
    const strict = RESTRICTED.filter((check) => ruleAt(check, known).length > 0)
    const replaced = new Set(strict.map(({ replaces }) => replaces))
    return [...BASELINE.filter(({ id }) => !replaced.has(id)), ...strict].flatMap((check) => ruleAt(check, known))
  })
}

function ruleAt({ since }: Check, minor: number): readonly CheckPod[] {
  const found = since.findLast(([from]) => from <= minor)
  return found === undefined ? [] : [found[1]]
}

/** `privileged (container "a" must not …), hostPort (…)` */
export function describeFindings(findings: readonly Finding[]): string {
  return findings.map(({ reason, detail }) => `${reason} (${detail})`).join(", ")
}
