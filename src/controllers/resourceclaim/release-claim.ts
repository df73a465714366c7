import { Pod } from "../../api/core/v1/pod.ts"
import { CLAIM_FINALIZER } from "../../api/resource/v1/pod-claims.ts"
import { ResourceClaim, type ResourceClaimConsumerReference } from "../../api/resource/v1/resource-claim.ts"
import type { Key } from "../../client/informer.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import type { ControllerContext } from "../define-controller.ts"
import { isDone, owningPod, planClaim } from "./plan.ts"

/** Takes users out of a claim that use it no more, its devices when there are none left, and the claim itself with its pod. */
export async function releaseClaim(context: ControllerContext, key: Key): Promise<void> {
  const claims = context.client.of(ResourceClaim)
  const claim = context.informer(ResourceClaim).get(key)
  if (claim === undefined) return
  const remaining: ResourceClaimConsumerReference[] = []
  for (const user of claim.status.reservedFor ?? []) if (await isUsedBy(context, claim, user)) remaining.push(user)
  const plan = planClaim(claim, remaining)
  let current = claim
  if (plan.reservedFor !== undefined || plan.deallocate) {
    const { allocation, devices, reservedFor: _, ...rest } = current.status
    const status = {
      ...rest,
      ...(!plan.deallocate && allocation && { allocation }),
      ...(devices && { devices }),
      ...(remaining.length > 0 && { reservedFor: remaining }),
    }
    current = await claims.updateStatus({ ...current, status })
  }
  if (plan.removeFinalizer) {
    const finalizers = (current.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CLAIM_FINALIZER)
    await claims.update({ ...current, metadata: { ...current.metadata, finalizers } })
  }
  if (remaining.length === 0) await deleteIfLeftOver(context, claim)
}

async function isUsedBy(
  { informer, client }: ControllerContext,
  { metadata }: ResourceClaim,
  { apiGroup = "", resource, name, uid }: ResourceClaimConsumerReference,
): Promise<boolean> {
  // Whoever reserved it for something else looks after that.
  if (apiGroup !== "" || resource !== "pods") return true
  const known = informer(Pod).get(`${metadata.namespace}/${name}`)
  if (known !== undefined) return known.metadata.uid === uid && !isDone(known)
  try {
    // The scheduler may have seen the pod before us.
    const pod = await client.of(Pod).get({ namespace: metadata.namespace, name })
    return pod.metadata.uid === uid
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** Its pod may be there for long after it has ended. */
async function deleteIfLeftOver({ informer, client }: ControllerContext, claim: ResourceClaim): Promise<void> {
  const owner = owningPod(claim)
  if (owner === undefined || claim.metadata.deletionTimestamp !== undefined) return
  const pod = informer(Pod).get(`${claim.metadata.namespace}/${owner.name}`)
  // The garbage collector deletes claims whose pod is gone.
  if (pod === undefined || (pod.metadata.uid === owner.uid && !isDone(pod))) return
  try {
    await client.of(ResourceClaim).delete(claim.metadata)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
