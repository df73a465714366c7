import type { WriteContext } from "../../../machinery/schema/resource.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import type { ResourceClaimStatus } from "./resource-claim.ts"
import type { ResourceSliceSpec } from "./resource-slice.ts"

interface SliceDraft {
  spec: Draft<ResourceSliceSpec>
}

const LISTS = ["ints", "bools", "strings", "versions"] as const

/** A taint counts from now on. What Kubernetes does not have on by default is dropped. */
export function prepareSlice({ spec }: SliceDraft, { now }: WriteContext): void {
  for (const device of spec.devices ?? []) {
    for (const taint of device.taints ?? []) taint.timeAdded ??= now
    for (const attribute of Object.values(device.attributes ?? {})) for (const list of LISTS) delete attribute[list]
    delete device.nodeAllocatableResourceMappings
  }
}

interface Shared {
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly shareID?: string
}
const idOf = ({ driver, pool, device, shareID = "" }: Shared) => JSON.stringify([driver, pool, device, shareID])

/** Reports about devices go when the devices do. */
export function dropDeallocated(status: Draft<ResourceClaimStatus>, old: ResourceClaimStatus): void {
  const gone = new Set((old.allocation?.devices.results ?? []).map(idOf))
  for (const result of status.allocation?.devices.results ?? []) gone.delete(idOf(result))
  const left = (status.devices ?? []).filter((device) => !gone.has(idOf(device)))
  if (left.length === 0) delete status.devices
  else status.devices = left
}
