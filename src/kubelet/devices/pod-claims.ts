import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { claimNameFor } from "../../api/resource/v1/pod-claims.ts"
import { parseQuantity } from "../../machinery/quantity/quantity.ts"

/** A claim that a pod uses; a generated one must belong to it. */
export interface UsedClaim {
  readonly name: string
  readonly isGenerated: boolean
}

/** The claims of a pod, with the one that stands for its extended resources. Throws while one is not named yet. */
export function usedClaims(pod: Pod): UsedClaim[] {
  const claims = (pod.spec.resourceClaims ?? []).flatMap((entry) => {
    const known = claimNameFor(pod, entry)
    if (!known.ok) throw new Error(known.message)
    return known.name === undefined ? [] : [{ name: known.name, isGenerated: known.isGenerated }]
  })
  const extended = pod.status.extendedResourceClaimStatus
  return extended === undefined ? claims : [...claims, { name: extended.resourceClaimName, isGenerated: false }]
}

/** Which requests of which claims a container uses: `""` for all of a claim's. */
export function requestsOf(pod: Pod, container: Container): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const add = (claim: string, request: string) => found.set(claim, [...(found.get(claim) ?? []), request])
  for (const entry of pod.spec.resourceClaims ?? []) {
    const known = claimNameFor(pod, entry)
    if (!known.ok || known.name === undefined) continue
    for (const { name, request = "" } of container.resources?.claims ?? []) {
      if (name === entry.name) add(known.name, request)
    }
  }
  const extended = pod.status.extendedResourceClaimStatus
  for (const { containerName, resourceName, requestName } of extended?.requestMappings ?? []) {
    const amount = container.resources?.requests?.[resourceName]
    const isUsed = containerName === container.name && amount !== undefined && parseQuantity(amount).unscaled !== 0n
    if (isUsed) add(extended?.resourceClaimName ?? "", requestName)
  }
  return found
}

/** Whether a claim stands for an extended resource of a container: a driver hands it out, and no plugin. */
export function isOfClaim({ status }: Pod, container: Container, resource: string): boolean {
  return (status?.extendedResourceClaimStatus?.requestMappings ?? []).some(
    ({ containerName, resourceName }) => containerName === container.name && resourceName === resource,
  )
}

/** Which claims stand for what the pod asks for, as others have written it into its status. */
export function claimStatuses({ status }: Pick<Pod, "status">): Partial<Pod["status"]> {
  const { resourceClaimStatuses, extendedResourceClaimStatus } = status ?? {}
  return {
    ...(resourceClaimStatuses && { resourceClaimStatuses }),
    ...(extendedResourceClaimStatus && { extendedResourceClaimStatus }),
  }
}

/** Whether a device that was given to these requests is one of those that are asked for. */
export function serves(requestNames: readonly string[], wanted: string): boolean {
  if (wanted === "" || requestNames.length === 0) return true
  return requestNames.some((name) => name === wanted || name.split("/")[0] === wanted)
}
