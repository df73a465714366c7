import type { PodStatus } from "../../api/core/v1/pod-status.ts"
import { isOwn, isPassing } from "./conditions.ts"
import { sameJson } from "./same-json.ts"

/** Fields that the kubelet writes. What others write (nominatedNodeName, resourceClaimStatuses) is left alone. */
const ownFields = [
  "observedGeneration",
  "phase",
  "message",
  "reason",
  "hostIP",
  "hostIPs",
  "podIP",
  "podIPs",
  "startTime",
  "initContainerStatuses",
  "containerStatuses",
  "qosClass",
  "allocatedResources",
  "resources",
  "ephemeralContainerStatuses",
] as const satisfies readonly (keyof PodStatus)[]

/** Lists that a strategic merge patch would merge item by item, where the kubelet means the whole list. */
const replacedLists: ReadonlySet<string> = new Set(["hostIPs", "podIPs"])

/** The strategic merge patch that turns one status into the other; undefined when nothing differs. */
export function statusPatch(stored: PodStatus, wanted: PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {}
  for (const field of ownFields) {
    const value = wanted[field]
    if (sameJson(stored[field], value)) continue
    patch[field] = value === undefined ? null : value
    if (replacedLists.has(field) && Array.isArray(value)) patch[field] = [...value, { $patch: "replace" }]
  }
  const conditions = (wanted.conditions ?? []).filter((condition) => {
    const before = stored.conditions?.find(({ type }) => type === condition.type)
    return isOwn(condition) && !sameJson(before, condition)
  })
  const over = (stored.conditions ?? []).filter(
    (condition) => isPassing(condition) && !wanted.conditions?.some(({ type }) => type === condition.type),
  )
  if (conditions.length + over.length > 0) {
    patch.conditions = [
      ...conditions.map((condition) => ({ reason: null, message: null, ...condition })),
      ...over.map(({ type }) => ({ type, $patch: "delete" })),
    ]
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}
