import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodResourceClaim } from "../../api/core/v1/pod-spec.ts"
import {
  CLAIM_FINALIZER,
  claimNameFor,
  isReservedFor,
  POD_CLAIM_NAME,
  whyNotForPod,
} from "../../api/resource/v1/pod-claims.ts"
import type { ResourceClaim, ResourceClaimConsumerReference } from "../../api/resource/v1/resource-claim.ts"
import { ResourceClaim as ClaimKind } from "../../api/resource/v1/resource-claim.ts"
import type { ResourceClaimTemplate } from "../../api/resource/v1/resource-claim-template.ts"
import type { ManifestOf } from "../../machinery/schema/resource.ts"

type ClaimManifest = ManifestOf<typeof ClaimKind>

/** As long as a name may be to which a hyphen and five random characters are added. */
const BASE_LENGTH_MAX = 57

/** Whether the pod needs none of its claims any more. */
export function isDone({ metadata, spec, status }: Pod): boolean {
  if (status.phase === "Succeeded" || status.phase === "Failed") return true
  return metadata.deletionTimestamp !== undefined && !spec.nodeName
}

/** What to do about an entry of a pod's resourceClaims. */
export type EntryPlan =
  | { readonly do: "nothing" }
  /** The pod's status must name this claim. */
  | { readonly do: "record"; readonly claim: ResourceClaim }
  | { readonly do: "create"; readonly templateName: string }

/** `owned` are the claims whose controller is the pod. */
export function planEntry(
  pod: Pod,
  entry: PodResourceClaim,
  claimOf: (name: string) => ResourceClaim | undefined,
  owned: readonly ResourceClaim[],
): EntryPlan {
  const { resourceClaimTemplateName: templateName } = entry
  const known = claimNameFor(pod, entry)
  if (templateName === undefined || (known.ok && known.name === undefined)) return { do: "nothing" }
  const recorded = known.ok && known.name !== undefined ? claimOf(known.name) : undefined
  if (recorded !== undefined && whyNotForPod(pod, recorded) === undefined) return { do: "nothing" }
  // It may have been made without having been recorded.
  const made = owned.find(({ metadata }) => metadata.annotations?.[POD_CLAIM_NAME] === entry.name)
  return made === undefined ? { do: "create", templateName } : { do: "record", claim: made }
}

/** The claim that a template makes for one entry of a pod. */
export function claimFrom({ spec }: ResourceClaimTemplate, pod: Pod, entry: PodResourceClaim): ClaimManifest {
  const { labels, annotations } = spec.metadata
  const { name, uid, namespace } = pod.metadata
  return {
    metadata: {
      generateName: generatedBase(name, entry.name),
      namespace,
      ...(labels && { labels }),
      annotations: { ...annotations, [POD_CLAIM_NAME]: entry.name },
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid, controller: true }],
    },
    spec: spec.spec,
  }
}

/** `pod-entry-`, both cut in proportion when that is too long. */
export function generatedBase(pod: string, entry: string): string {
  const base = `${pod}-${entry}-`
  if (base.length <= BASE_LENGTH_MAX) return base
  const cut = (text: string, of: string) => text.slice(0, Math.floor((text.length * BASE_LENGTH_MAX) / of.length))
  return `${cut(pod, base)}-${cut(entry, base)}`
}

/** Claims that a pod on a node, which came there without our scheduler, still has to reserve. */
export function claimsToReserve(pod: Pod, claimOf: (name: string) => ResourceClaim | undefined): ResourceClaim[] {
  if (!pod.spec.nodeName) return []
  return (pod.spec.resourceClaims ?? []).flatMap((entry) => {
    const known = claimNameFor(pod, entry)
    const claim = known.ok && known.name !== undefined ? claimOf(known.name) : undefined
    if (claim === undefined || (known.ok && known.isGenerated && whyNotForPod(pod, claim) !== undefined)) return []
    return claim.status.allocation !== undefined && !isReservedFor(pod, claim) ? [claim] : []
  })
}

/** What to do about a claim, given its users that are still there. */
export interface ClaimPlan {
  /** Who should stay in the status; absent: all of them. */
  readonly reservedFor?: readonly ResourceClaimConsumerReference[]
  readonly deallocate: boolean
  readonly removeFinalizer: boolean
}

export function planClaim(claim: ResourceClaim, remaining: readonly ResourceClaimConsumerReference[]): ClaimPlan {
  const { metadata, status } = claim
  // Allocations by others are theirs to take back.
  const isOurs = metadata.finalizers?.includes(CLAIM_FINALIZER) ?? false
  if (remaining.length < (status.reservedFor?.length ?? 0)) {
    const free = isOurs && (remaining.length === 0 || status.allocation === undefined)
    return { reservedFor: remaining, deallocate: free, removeFinalizer: free }
  }
  const isUnwanted = isOurs && metadata.deletionTimestamp !== undefined && remaining.length === 0
  return { deallocate: isUnwanted && status.allocation !== undefined, removeFinalizer: isUnwanted }
}

/** The pod that the claim was generated for. */
export function owningPod({ metadata }: ResourceClaim): { readonly name: string; readonly uid: string } | undefined {
  return metadata.ownerReferences?.find(
    ({ controller, apiVersion, kind }) => controller && apiVersion === "v1" && kind === "Pod",
  )
}
