import type { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { copyAppArmorAnnotations } from "./apparmor-annotations.ts"
import { syncPodIps, syncServiceAccount } from "./pod-defaults.ts"
import type { PodDraft, PodObject } from "./pod-object.ts"
import { qosClass } from "./pod-qos.ts"

/** How pods come to be, change and end. */

export function prepareCreate(pod: PodDraft): void {
  syncServiceAccount(pod.spec)
  pod.status = { phase: "Pending", qosClass: qosClass(pod.spec) }
  if ((pod.spec.schedulingGates?.length ?? 0) > 0) {
    pod.status.conditions = [
      {
        type: "PodScheduled",
        status: "False",
        reason: "SchedulingGated",
        message: "Scheduling is blocked due to non-empty scheduling gates",
      },
    ]
  }
  mergeLabelKeys(pod)
  copyAppArmorAnnotations(pod)
}

export function prepareUpdate(pod: PodDraft, _old: PodObject): void {
  syncServiceAccount(pod.spec)
}

export function prepareStatusUpdate(pod: PodDraft, old: PodObject): void {
  const { metadata, status } = pod
  // Old kubelets send owners back damaged, which would break garbage collection.
  if (old.metadata.ownerReferences === undefined) delete metadata.ownerReferences
  else
    metadata.ownerReferences = structuredClone(old.metadata.ownerReferences) as Draft<
      typeof old.metadata.ownerReferences
    >
  if (old.status.qosClass !== undefined) status.qosClass ||= old.status.qosClass
  syncPodIps(status)
  keepObservedGenerations(status, old.status)
}

/** Old kubelets do not know the field and would clear it. */
function keepObservedGenerations(status: PodDraft["status"], old: PodObject["status"]): void {
  if (old.observedGeneration !== undefined) status.observedGeneration ||= old.observedGeneration
  const before = new Map<string, number[]>()
  for (const { type, observedGeneration = 0 } of old.conditions ?? []) {
    before.set(type, [...(before.get(type) ?? []), observedGeneration])
  }
  for (const condition of status.conditions ?? []) {
    const generation = before.get(condition.type)?.shift() ?? 0
    if (generation !== 0) condition.observedGeneration ||= generation
  }
}

/** `matchLabelKeys` become terms of the selectors, with the pod's own values. */
function mergeLabelKeys({ metadata, spec }: PodDraft): void {
  const labels = metadata.labels ?? {}
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
  for (const affinity of [podAffinity, podAntiAffinity]) {
    const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    for (const term of [...preferred.map(({ podAffinityTerm }) => podAffinityTerm), ...required]) {
      addTerms(term.labelSelector, term.matchLabelKeys, "In", labels)
      addTerms(term.labelSelector, term.mismatchLabelKeys, "NotIn", labels)
    }
  }
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    addTerms(constraint.labelSelector, constraint.matchLabelKeys, "In", labels)
  }
}

function addTerms(
  selector: Draft<LabelSelector> | undefined,
  keys: readonly string[] | undefined,
  operator: "In" | "NotIn",
  labels: Readonly<Record<string, string>>,
): void {
  // Without a selector the term matches nothing, and keys cannot change that.
  if (selector === undefined) return
  for (const key of keys ?? []) {
    const value = labels[key]
    if (value === undefined) continue
    const terms = (selector.matchExpressions ??= [])
    terms.push({ key, operator, values: [value] })
  }
}

/** Pods that run nothing vanish at once; others get the time that was asked for, or their own. */
export function gracePeriodSeconds({ spec, status }: PodObject, requestedSeconds: number | undefined): number {
  if (!spec.nodeName || status.phase === "Failed" || status.phase === "Succeeded") return 0
  const seconds = requestedSeconds ?? spec.terminationGracePeriodSeconds
  return seconds < 0 ? 1 : seconds
}
