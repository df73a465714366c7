import type { Pod } from "../../../api/core/v1/pod.ts"
import { claimNameFor, whyNotForPod } from "../../../api/resource/v1/pod-claims.ts"
import type { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import type { ClaimCache } from "./claim-cache.ts"

/** The claims that a pod's spec asks for, or why one of them cannot be used. */
export function claimsOfPod(pod: Pod, cache: Pick<ClaimCache, "get">): ResourceClaim[] | string {
  const claims: ResourceClaim[] = []
  for (const entry of pod.spec.resourceClaims ?? []) {
    const known = claimNameFor(pod, entry)
    if (!known.ok) return known.message
    if (known.name === undefined) continue
    const key = `${pod.metadata.namespace}/${known.name}`
    const claim = cache.get(key)
    if (claim === undefined) return `could not find ResourceClaim "${key}"`
    if (claim.metadata.deletionTimestamp !== undefined) return `resourceclaim "${known.name}" is being deleted`
    const why = known.isGenerated ? whyNotForPod(pod, claim) : undefined
    if (why !== undefined) return why
    claims.push(claim)
  }
  return claims
}

/** Why the claim cannot be allocated on any node; undefined: it may be. `hasClass` tells whether a DeviceClass exists. */
export function whyNotAllocatable({ metadata, spec }: ResourceClaim, hasClass: (name: string) => boolean) {
  for (const { name, exactly, firstAvailable = [] } of spec.devices.requests) {
    if (exactly === undefined && firstAvailable.length === 0) {
      return `resource claim ${metadata.namespace}/${metadata.name}, request ${name}: unknown request type`
    }
    const wanted = exactly === undefined ? firstAvailable : [exactly]
    const missing = wanted.find(({ deviceClassName }) => !hasClass(deviceClassName))
    if (missing === undefined) continue
    const request = "name" in missing ? `${name}/${missing.name}` : name
    return `request ${request}: device class ${missing.deviceClassName} does not exist`
  }
  return undefined
}
