import type { NodeIdentity } from "../../../../api/core/v1/node-affinity.ts"
import type { AllocationResult } from "../../../../api/resource/v1/allocation-result.ts"
import type { DeviceClass } from "../../../../api/resource/v1/device-class.ts"
import type { ResourceClaim } from "../../../../api/resource/v1/resource-claim.ts"
import type { DevicesInUse } from "./allocated-devices.ts"
import { InvalidPoolsError } from "./allocation-error.ts"
import { allocationOf } from "./allocation-of.ts"
import { gatherPools, type SliceIndex } from "./pools.ts"
import { DeviceSearch } from "./search.ts"
import { wantedBy } from "./wanted-devices.ts"

export interface AllocationInput {
  readonly slices: SliceIndex
  readonly inUse: DevicesInUse
  readonly classes: (name: string) => DeviceClass | undefined
  readonly newShareId: () => string
}

/**
 * The devices for a pod's claims on one node, in the order of the claims; undefined: there are not enough. Changes
 * nothing. Throws `InvalidPoolsError` when it may be the drivers' fault, `SearchTimeoutError` when it takes too long, and
 * `AllocationError` when it is a fault of the claims.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
export function allocateDevices(
  claims: readonly ResourceClaim[],
  node: NodeIdentity,
  { slices, inUse, classes, newShareId }: AllocationInput,
): AllocationResult[] | undefined {
  const pools = gatherPools(slices, node)
  const surroundings = { node, pools, inUse, classes }
  const wanted = claims.map((claim) => ({ claim, requests: wantedBy(claim, surroundings) }))
  const search = new DeviceSearch(wanted, surroundings)
  if (search.run()) return wanted.map((one, i) => allocationOf(one, search.choices[i] ?? [], node.name, newShareId))
  if (pools.some(({ unusable }) => unusable === "invalid")) throw new InvalidPoolsError()
  return undefined
}
