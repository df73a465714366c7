import type { Pod } from "../../../api/core/v1/pod.ts"
import type { AllocationResult } from "../../../api/resource/v1/allocation-result.ts"
import { CLAIM_FINALIZER, podReference } from "../../../api/resource/v1/pod-claims.ts"
import { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import type { Client } from "../../../client/client.ts"
import { keyOf } from "../../../client/informer.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import { isConflict } from "../../../machinery/status/predicates.ts"
import { timeFromMs } from "../../../machinery/time/timestamp.ts"
import type { Platform } from "../../../platform/platform.ts"

const TRIES_MAX = 5

export interface ClaimWriter {
  readonly client: Client
  readonly platform: Pick<Platform, "clock">
}

/** Gives the claim its devices, if any were chosen, and reserves it for the pod. Throws when somebody else was faster. */
export function reserveClaim(
  { client, platform }: ClaimWriter,
  claim: ResourceClaim,
  allocation: AllocationResult | undefined,
  pod: Pod,
): Promise<ResourceClaim> {
  const claims = client.of(ResourceClaim)
  const key = keyOf(claim)
  return retryingConflicts(client, claim, async (now) => {
    if (now.metadata.deletionTimestamp !== undefined) throw new Error(`claim ${key} got deleted in the meantime`)
    let current = now
    if (allocation !== undefined) {
      if (now.status.allocation !== undefined) throw new Error(`claim ${key} got allocated elsewhere in the meantime`)
      const finalizers = now.metadata.finalizers ?? []
      if (!finalizers.includes(CLAIM_FINALIZER)) {
        const metadata = { ...now.metadata, finalizers: [...finalizers, CLAIM_FINALIZER] }
        current = await saying(`add finalizer to claim ${key}`, claims.update({ ...now, metadata }))
      }
    }
    const given = allocation ?? current.status.allocation
    if (given === undefined) throw new Error(`claim ${key} got deallocated elsewhere in the meantime`)
    const status = {
      ...current.status,
      allocation: { allocationTimestamp: timeFromMs(platform.clock.nowMs()), ...given },
      reservedFor: [...(current.status.reservedFor ?? []), podReference(pod)],
    }
    const what = allocation === undefined ? "add reservation to" : "add allocation and reservation to"
    return saying(`${what} claim ${key}`, claims.updateStatus({ ...current, status }))
  })
}

/** Takes the pod out of the users of the claim. */
export async function unreserveClaim({ client }: ClaimWriter, { metadata }: ResourceClaim, pod: Pod): Promise<void> {
  const status = { reservedFor: [{ $patch: "delete", uid: pod.metadata.uid }] }
  const body = { metadata: { uid: metadata.uid }, status }
  await client.of(ResourceClaim).patch(metadata, body, { type: "strategic", subresource: "status" })
}

/** Takes the devices of a claim back that nobody uses. */
export function deallocateClaim({ client }: ClaimWriter, claim: ResourceClaim): Promise<ResourceClaim> {
  const { allocation: _allocation, devices: _devices, reservedFor: _users, ...status } = claim.status
  return client.of(ResourceClaim).updateStatus({ ...claim, status })
}

/** Deletes a claim of our own at once, whatever it has. */
export async function deleteClaim({ client }: ClaimWriter, claim: ResourceClaim): Promise<void> {
  const claims = client.of(ResourceClaim)
  await retryingConflicts(client, claim, async (now) => {
    const finalizers = (now.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CLAIM_FINALIZER)
    return claims.update({ ...now, metadata: { ...now.metadata, finalizers } })
  })
  await claims.delete(claim.metadata, { preconditions: { uid: claim.metadata.uid } })
}

async function retryingConflicts(
  client: Client,
  claim: ResourceClaim,
  write: (claim: ResourceClaim) => Promise<ResourceClaim>,
): Promise<ResourceClaim> {
  let current = claim
  for (let tries = 1; ; tries++) {
    try {
      return await write(current)
    } catch (error) {
      const conflict = error instanceof Error && isConflict(error.cause ?? error)
      if (!conflict || tries === TRIES_MAX) throw error
      current = await client.of(ResourceClaim).get(claim.metadata)
    }
  }
}

async function saying<T>(doing: string, written: Promise<T>): Promise<T> {
  try {
    return await written
  } catch (error) {
    throw new Error(`${doing}: ${messageOf(error)}`, { cause: error })
  }
}
