import type { PersistentVolumeClaim } from "../persistent-volume-claim.ts"
import type { Pod } from "../pod.ts"
import { qosClass } from "../pod-qos.ts"
import type { ResourceQuota, ScopedResourceSelectorRequirement } from "../resource-quota.ts"

/** The scopes of a quota, however they were given. */
export function scopesOf({ spec }: Pick<ResourceQuota, "spec">): readonly ScopedResourceSelectorRequirement[] {
  const named = (spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }))
  return [...named, ...(spec.scopeSelector?.matchExpressions ?? [])]
}

export function isTerminating({ spec }: Pod): boolean {
  return (spec.activeDeadlineSeconds ?? -1) >= 0
}

export function podMatchesScope(requirement: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (requirement.scopeName) {
    case "Terminating":
      return isTerminating(pod)
    case "NotTerminating":
      return !isTerminating(pod)
    case "BestEffort":
      return (pod.status.qosClass ?? qosClass(pod.spec)) === "BestEffort"
    case "NotBestEffort":
      return (pod.status.qosClass ?? qosClass(pod.spec)) !== "BestEffort"
    case "PriorityClass":
      return matchesValue(requirement, pod.spec.priorityClassName ? [pod.spec.priorityClassName] : [])
    case "CrossNamespacePodAffinity":
      return looksIntoOtherNamespaces(pod)
    default:
      return false
  }
}

export function claimMatchesScope(
  requirement: ScopedResourceSelectorRequirement,
  { spec, status }: PersistentVolumeClaim,
): boolean {
  if (requirement.scopeName !== "VolumeAttributesClass") return false
  const names = [
    spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return matchesValue(
    requirement,
    names.filter((name) => name !== undefined).filter((name) => name !== ""),
  )
}

/** Several values match when one of them does; none counts as an absent label. */
function matchesValue({ operator, values = [] }: ScopedResourceSelectorRequirement, have: readonly string[]): boolean {
  switch (operator) {
    case "Exists":
      return have.length > 0
    case "DoesNotExist":
      return have.length === 0
    case "In":
      return have.some((value) => values.includes(value))
    case "NotIn":
      return have.length === 0 || have.some((value) => !values.includes(value))
    default:
      return false
  }
}

function looksIntoOtherNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
  return [podAffinity, podAntiAffinity]
    .flatMap((each) => [
      ...(each?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(each?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ])
    .some((term) => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined)
}
