import { Pod } from "../../api/core/v1/pod.ts"
import type { PodResourceClaim } from "../../api/core/v1/pod-spec.ts"
import { podReference } from "../../api/resource/v1/pod-claims.ts"
import { ResourceClaim } from "../../api/resource/v1/resource-claim.ts"
import { ResourceClaimTemplate } from "../../api/resource/v1/resource-claim-template.ts"
import type { Key } from "../../client/informer.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { ControllerContext } from "../define-controller.ts"
import { claimFrom, claimsToReserve, planEntry } from "./plan.ts"

/** Index of claims by the uid of the pod that they were generated for. */
export const OWNED_BY_POD = "owningPod"
/** Named in managedFields of pods. */
const FIELD_MANAGER = "ResourceClaimController"

/** Makes what is missing of the claims of a pod, and says in its status which they are. */
export async function generateClaims(context: ControllerContext, key: Key): Promise<void> {
  const { client, events } = context
  const pod = context.informer(Pod).get(key)
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return
  const claims = context.informer(ResourceClaim)
  const claimOf = (name: string) => claims.get(`${pod.metadata.namespace}/${name}`)
  const added = new Map<string, string>()
  for (const entry of pod.spec.resourceClaims ?? []) {
    try {
      const claim = await generate(context, pod, entry, claimOf)
      if (claim !== undefined) added.set(entry.name, claim.metadata.name)
    } catch (error) {
      const message = messageOf(error)
      events.record(pod, "Warning", "FailedResourceClaimCreation", `PodResourceClaim ${entry.name}: ${message}`)
      throw error
    }
  }
  if (added.size > 0) await record(context, pod, added)
  for (const claim of claimsToReserve(pod, claimOf)) {
    const reservedFor = [...(claim.status.reservedFor ?? []), podReference(pod)]
    await client.of(ResourceClaim).updateStatus({ ...claim, status: { ...claim.status, reservedFor } })
  }
}

/** The claim that the pod's status does not name yet. */
async function generate(
  context: ControllerContext,
  pod: Pod,
  entry: PodResourceClaim,
  claimOf: (name: string) => ResourceClaim | undefined,
): Promise<ResourceClaim | undefined> {
  const owned = context.informer(ResourceClaim).indexed(OWNED_BY_POD, pod.metadata.uid)
  const plan = planEntry(pod, entry, claimOf, owned)
  if (plan.do === "nothing") return undefined
  if (plan.do === "record") return plan.claim
  const { templateName } = plan
  const template = context.informer(ResourceClaimTemplate).get(`${pod.metadata.namespace}/${templateName}`)
  if (template === undefined) {
    const why = `resourceclaimtemplate.resource.k8s.io "${templateName}" not found`
    throw new Error(`resource claim template "${templateName}": ${why}`)
  }
  try {
    return await context.client.of(ResourceClaim).create(claimFrom(template, pod, entry))
  } catch (error) {
    // The claim has no name before it is created; Kubernetes shows the empty one.
    throw new Error(`create ResourceClaim : ${messageOf(error)}`, {
      cause: error,
    })
  }
}

async function record({ client }: ControllerContext, pod: Pod, added: ReadonlyMap<string, string>): Promise<void> {
  const { name, namespace, uid } = pod.metadata
  const before = (pod.status.resourceClaimStatuses ?? []).filter((status) => !added.has(status.name))
  const now = Array.from(added, ([entry, resourceClaimName]) => ({ name: entry, resourceClaimName }))
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    // Another pod of that name has claims of its own.
    metadata: { name, namespace, uid },
    status: { resourceClaimStatuses: [...before, ...now] },
  }
  await client
    .of(Pod)
    .patch(pod.metadata, body, { type: "apply", subresource: "status", force: true, fieldManager: FIELD_MANAGER })
}
