import { quote } from "../../../machinery/field/quote.ts"
import type { Pod } from "../../core/v1/pod.ts"
import type { PodResourceClaim } from "../../core/v1/pod-spec.ts"
import type { ResourceClaim, ResourceClaimConsumerReference } from "./resource-claim.ts"

/** On a claim: it was generated from a template for this entry of its pod's resourceClaims. */
export const POD_CLAIM_NAME = "resource.kubernetes.io/pod-claim-name"
/** On a claim: the scheduler has generated it for extended resources of its pod. Its value is "true". */
export const EXTENDED_RESOURCE_CLAIM = "resource.kubernetes.io/extended-resource-claim"
/** Keeps a claim until nobody uses its devices any more. */
export const CLAIM_FINALIZER = "resource.kubernetes.io/delete-protection"

/** The claim that stands for an entry of a pod's resourceClaims, or why there is none yet. */
export type ClaimName =
  /** `name` is absent when no claim is needed. A generated one must belong to the pod, see `whyNotForPod`. */
  | { readonly ok: true; readonly name?: string; readonly isGenerated: boolean }
  | { readonly ok: false; readonly message: string }

export function claimNameFor({ metadata, status }: Pod, entry: PodResourceClaim): ClaimName {
  const pod = `pod "${metadata.namespace}/${metadata.name}"`
  if (entry.resourceClaimName !== undefined) return { ok: true, name: entry.resourceClaimName, isGenerated: false }
  if (entry.resourceClaimTemplateName === undefined) {
    const why = "none of the supported fields are set"
    return { ok: false, message: `${pod}, spec.resourceClaim ${quote(entry.name)}: ${why}` }
  }
  const known = status.resourceClaimStatuses?.find(({ name }) => name === entry.name)
  if (known === undefined) return { ok: false, message: `${pod}: ResourceClaim not created yet` }
  const { resourceClaimName: name } = known
  return { ok: true, isGenerated: true, ...(name !== undefined && { name }) }
}

/** Undefined: the claim was made for this pod. */
export function whyNotForPod(pod: Pod, claim: ResourceClaim): string | undefined {
  const controller = claim.metadata.ownerReferences?.find((owner) => owner.controller)
  if (controller?.uid === pod.metadata.uid && claim.metadata.namespace === pod.metadata.namespace) return undefined
  const [ofClaim, ofPod] = [claim.metadata, pod.metadata].map(({ namespace, name }) => `${namespace}/${name}`)
  return `ResourceClaim ${ofClaim} was not created for Pod ${ofPod} (Pod is not owner)`
}

export function isReservedFor({ metadata }: Pod, { status }: ResourceClaim): boolean {
  return (status.reservedFor ?? []).some(({ uid }) => uid === metadata.uid)
}

/** How a claim names a pod that uses it. */
export function podReference({ metadata }: Pod): ResourceClaimConsumerReference {
  return { resource: "pods", name: metadata.name, uid: metadata.uid }
}
