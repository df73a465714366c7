import { Pod } from "../../api/core/v1/pod.ts"
import { claimNameFor } from "../../api/resource/v1/pod-claims.ts"
import { ResourceClaim } from "../../api/resource/v1/resource-claim.ts"
import { ResourceClaimTemplate } from "../../api/resource/v1/resource-claim-template.ts"
import { type Key, keyOf } from "../../client/informer.ts"
import { defineController } from "../define-controller.ts"
import { generateClaims, OWNED_BY_POD } from "./generate-claims.ts"
import { owningPod } from "./plan.ts"
import { releaseClaim } from "./release-claim.ts"

/** The pods that use a claim, by `namespace/name` of the claim. */
const BY_CLAIM = "claim"
const BY_TEMPLATE = "template"
const POD = "pod:"
const CLAIM = "claim:"

/**
 * Makes the claims that pods ask for by a template, and takes devices back when nobody uses them any more.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
export const resourceClaimController = defineController({
  name: "resource-claim-controller",
  eventSource: "resource_claim",
  reads: [Pod, ResourceClaim, ResourceClaimTemplate],
  writes: [
    { resource: ResourceClaim, verbs: ["create", "delete", "update", "patch"] },
    { resource: ResourceClaim, subresource: "status", verbs: ["update", "patch"] },
    { resource: ResourceClaim, subresource: "binding", verbs: ["update", "patch"] },
    { resource: Pod, subresource: "status", verbs: ["patch"] },
    { resource: Pod, subresource: "finalizers", verbs: ["update"] },
  ],
  start(context) {
    const pods = context.informer(Pod)
    pods.addIndex(BY_CLAIM, (pod) => claimKeysOf(pod))
    pods.addIndex(BY_TEMPLATE, ({ metadata, spec }) =>
      (spec.resourceClaims ?? []).flatMap(({ resourceClaimTemplateName: name }) =>
        name === undefined ? [] : [`${metadata.namespace}/${name}`],
      ),
    )
    context.informer(ResourceClaim).addIndex(OWNED_BY_POD, (claim) => {
      const owner = owningPod(claim)
      return owner === undefined ? [] : [owner.uid]
    })
    context.enqueueOn(Pod, ({ type, object }) => {
      const keys = claimKeysOf(object).map((key) => CLAIM + key)
      if (type !== "deleted" && (object.spec.resourceClaims ?? []).length > 0) keys.push(POD + keyOf(object))
      return keys
    })
    context.enqueueOn(ResourceClaim, ({ type, object }) => {
      const key = keyOf(object)
      const users = pods.indexed(BY_CLAIM, key).map((pod) => POD + keyOf(pod))
      return type === "deleted" ? users : [CLAIM + key, ...users]
    })
    context.enqueueOn(ResourceClaimTemplate, ({ type, object }) =>
      type === "deleted" ? [] : pods.indexed(BY_TEMPLATE, keyOf(object)).map((pod) => POD + keyOf(pod)),
    )
    return async (key) => {
      if (key.startsWith(POD)) await generateClaims(context, key.slice(POD.length))
      else await releaseClaim(context, key.slice(CLAIM.length))
    }
  },
})

function claimKeysOf(pod: Pod): Key[] {
  const { metadata, spec, status } = pod
  const names = (spec.resourceClaims ?? []).flatMap((entry) => {
    const known = claimNameFor(pod, entry)
    return known.ok && known.name !== undefined ? [known.name] : []
  })
  if (status.extendedResourceClaimStatus) names.push(status.extendedResourceClaimStatus.resourceClaimName)
  return names.map((name) => `${metadata.namespace}/${name}`)
}
