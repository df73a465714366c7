import type { NodeIdentity } from "../../../../api/core/v1/node-affinity.ts"
import type { DeviceRequest, DeviceSubRequest, ExactDeviceRequest } from "../../../../api/resource/v1/device-claim.ts"
import type { DeviceClass } from "../../../../api/resource/v1/device-class.ts"
import type { ResourceClaim } from "../../../../api/resource/v1/resource-claim.ts"
import type { DevicesInUse } from "./allocated-devices.ts"
import { AllocationError } from "./allocation-error.ts"
import { consumptionOf, hasRoomFor } from "./consumable-capacity.ts"
import { isSelected } from "./device-selection.ts"
import type { Pool, PoolDevice } from "./pools.ts"

/** The most devices that a claim can be given. */
export const DEVICES_MAX = 32

/** A request of a claim, or one of its alternatives, with what is known about it before the search. */
export interface WantedDevices {
  /** `namespace/name`. */
  readonly claim: string
  /** The request of which this is an alternative. */
  readonly parent?: string
  /** How results and constraints name it: `request` or `request/alternative`. */
  readonly reference: string
  readonly request: ExactDeviceRequest | DeviceSubRequest
  readonly adminAccess: boolean
  readonly deviceClass: DeviceClass
  readonly count: number
  /** Which devices, when it asks for all of a kind. */
  readonly all?: readonly PoolDevice[]
}

export interface Surroundings {
  readonly node: NodeIdentity
  readonly pools: readonly Pool[]
  readonly inUse: DevicesInUse
  readonly classes: (name: string) => DeviceClass | undefined
}

/** For each request the ways to meet it, the best first. Throws `AllocationError` when the claim cannot be allocated now. */
export function wantedBy(claim: ResourceClaim, surroundings: Surroundings): readonly (readonly WantedDevices[])[] {
  const key = `${claim.metadata.namespace}/${claim.metadata.name}`
  const wanted = claim.spec.devices.requests.map((request) => alternativesOf(key, request, surroundings))
  const least = wanted.reduce((sum, ways) => sum + Math.min(...ways.map(({ count }) => count)), 0)
  if (least > DEVICES_MAX) {
    const why = `number of requested devices ${least} exceeds the claim limit of ${DEVICES_MAX}`
    throw new AllocationError(`claim ${key}: ${why}`)
  }
  return wanted
}

function alternativesOf(claim: string, { name, exactly, firstAvailable = [] }: DeviceRequest, around: Surroundings) {
  if (exactly !== undefined) return [wantedDevices(claim, name, undefined, exactly, around)]
  return firstAvailable.map((alternative) => wantedDevices(claim, alternative.name, name, alternative, around))
}

function wantedDevices(
  claim: string,
  name: string,
  parent: string | undefined,
  request: ExactDeviceRequest | DeviceSubRequest,
  surroundings: Surroundings,
): WantedDevices {
  const what = `claim ${claim}, request ${name}`
  const { deviceClassName, allocationMode, count = 1 } = request
  const deviceClass = surroundings.classes(deviceClassName)
  if (deviceClass === undefined) {
    const why = `deviceclass.resource.k8s.io "${deviceClassName}" not found`
    throw new AllocationError(`${what}: could not retrieve device class ${deviceClassName}: ${why}`)
  }
  const wanted: WantedDevices = {
    claim,
    reference: parent === undefined ? name : `${parent}/${name}`,
    ...(parent !== undefined && { parent }),
    request,
    adminAccess: "adminAccess" in request && (request.adminAccess ?? false),
    deviceClass,
    count,
  }
  if (allocationMode === "ExactCount") return wanted
  if (allocationMode !== "All") throw new AllocationError(`${what}: unsupported count mode ${allocationMode}`)
  const all = allOf(wanted, what, surroundings)
  return { ...wanted, all, count: all.length }
}

/** Every device of the kind, whether it is free or not. */
function allOf(wanted: WantedDevices, what: string, { pools, node, inUse }: Surroundings): PoolDevice[] {
  for (const { id, unusable } of pools) {
    if (unusable === undefined) continue
    const why = unusable === "incomplete" ? "being updated" : "invalid"
    throw new AllocationError(`${what}: asks for all devices, but resource pool ${id} is currently ${why}`)
  }
  return pools
    .flatMap(({ devices }) => devices)
    .filter((candidate) => {
      if (!isSelected(wanted, candidate, node)) return false
      const { capacity } = candidate.device
      const amounts = consumptionOf(wanted.request.capacity, capacity)
      return amounts !== undefined && hasRoomFor(amounts, capacity, inUse.consumed(candidate.id))
    })
}
