import { isIPv4, isIPv6 } from "node:net"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { quote } from "../../../../machinery/field/quote.ts"
import { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { canonicalIp } from "../../../../machinery/names/addresses.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { validateConditions } from "../../../../machinery/validation/conditions.ts"
import { validateLabels } from "../../../../machinery/validation/labels.ts"
import { validateAnnotations } from "../../../../machinery/validation/object-meta.ts"
import { type Errors, label, NONE, nonEmpty, onlyAllowed } from "../../../core/v1/validation/rules.ts"
import type {
  AllocatedDeviceStatus,
  NetworkDeviceData,
  ResourceClaimSpec,
  ResourceClaimStatus,
} from "../resource-claim.ts"
import type { ResourceClaimTemplateSpec } from "../resource-claim-template.ts"
import { validateAllocation } from "./allocation.ts"
import { validateSet } from "./bounded-lists.ts"
import { requestNames, validateDeviceClaim } from "./device-claim.ts"
import { validateRaw } from "./device-configuration.ts"
import { driverName, poolName, shareId } from "./device-names.ts"

const SPEC = FieldPath.root("spec")
const STATUS = FieldPath.root("status")
const USERS_MAX = 256
const CONDITIONS_MAX = 8
const DATA_BYTES_MAX = 10 * 1024
const ADDRESSES_MAX = 16
const INTERFACE_BYTES_MAX = 256
const HARDWARE_ADDRESS_BYTES_MAX = 128
const TEMPLATE_META = new Set(["annotations", "labels"])

interface ClaimObject {
  readonly metadata: ObjectMeta
  readonly spec: ResourceClaimSpec
  readonly status: ResourceClaimStatus
}

export function validateResourceClaim({ spec }: { readonly spec: ResourceClaimSpec }): Errors {
  return validateDeviceClaim(spec.devices, SPEC.child("devices"))
}

export function validateClaimTemplate({ spec }: { readonly spec: ResourceClaimTemplateSpec }): Errors {
  const at = SPEC.child("metadata")
  return [
    ...validateAnnotations(spec.metadata.annotations, at.child("annotations")),
    ...validateLabels(spec.metadata.labels, at.child("labels")),
    ...onlyAllowed(ObjectMeta, spec.metadata, TEMPLATE_META, "cannot be set", at),
    ...validateDeviceClaim(spec.spec.devices, SPEC.child("spec").child("devices")),
  ]
}

export function validateClaimStatus({ metadata, spec, status }: ClaimObject, { status: old }: ClaimObject): Errors {
  return [
    ...validateSet(
      status.reservedFor,
      USERS_MAX,
      STATUS.child("reservedFor"),
      ({ uid }) => uid,
      (user, at) => [
        ...nonEmpty(user.resource, at.child("resource")),
        ...nonEmpty(user.name, at.child("name")),
        ...nonEmpty(user.uid, at.child("uid")),
      ],
    ),
    ...validateDevices(status),
    ...validateUsers(status, old, metadata.deletionTimestamp !== undefined),
    ...validateAllocationChange(spec, status, old),
  ]
}

function validateUsers(status: ResourceClaimStatus, old: ResourceClaimStatus, isDeleted: boolean): Errors {
  const { reservedFor = [], allocation } = status
  const at = STATUS.child("reservedFor")
  if (reservedFor.length === 0) return NONE
  if (allocation === undefined) return [field.forbidden(at, "may not be specified when `allocated` is not set")]
  const isNew = (user: object) => !(old.reservedFor ?? []).some((before) => deepEqual(before, user))
  if (!isDeleted || !reservedFor.some(isNew)) return NONE
  const why = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"
  return [field.forbidden(at, why)]
}

function validateAllocationChange(spec: ResourceClaimSpec, now: ResourceClaimStatus, old: ResourceClaimStatus): Errors {
  const at = STATUS.child("allocation")
  if (now.allocation === undefined) return NONE
  if (old.allocation === undefined) return validateAllocation(now.allocation, requestNames(spec.devices), at)
  return deepEqual(now.allocation, old.allocation) ? NONE : [field.invalid(at, now.allocation, "field is immutable")]
}

interface Shared {
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly shareID?: string
}

/** What tells one use of a device from all others, as messages show it. */
export function sharedDevice({ driver, pool, device, shareID = "" }: Shared) {
  return { Driver: driver, Pool: pool, Device: device, ShareID: shareID }
}

function validateDevices({ devices, allocation }: ResourceClaimStatus): Errors {
  const given = new Set((allocation?.devices.results ?? []).map((result) => JSON.stringify(sharedDevice(result))))
  return validateSet(devices, Number.POSITIVE_INFINITY, STATUS.child("devices"), sharedDevice, (device, at) => {
    const id = sharedDevice(device)
    const isGiven = given.has(JSON.stringify(id))
    return [
      ...driverName(device.driver, at.child("driver")),
      ...poolName(device.pool, at.child("pool")),
      ...label(device.device, at.child("device")),
      ...shareId(device.shareID, at.child("shareID")),
      ...(isGiven ? NONE : [field.invalid(at, id, "must be an allocated device in the claim")]),
      ...validateReport(device, at),
    ]
  })
}

function validateReport({ conditions = [], data, networkData }: AllocatedDeviceStatus, path: FieldPath): Errors {
  const at = path.child("conditions")
  return [
    ...(conditions.length > CONDITIONS_MAX ? [field.tooMany(at, conditions.length, CONDITIONS_MAX)] : NONE),
    ...validateConditions(conditions, at),
    ...(data === undefined ? NONE : validateRaw(data, DATA_BYTES_MAX, path.child("data"))),
    ...(networkData === undefined ? NONE : validateNetwork(networkData, path.child("networkData"))),
  ]
}

function validateNetwork(
  { interfaceName = "", hardwareAddress = "", ips }: NetworkDeviceData,
  path: FieldPath,
): Errors {
  return [
    ...noLonger(interfaceName, INTERFACE_BYTES_MAX, path.child("interfaceName")),
    ...noLonger(hardwareAddress, HARDWARE_ADDRESS_BYTES_MAX, path.child("hardwareAddress")),
    ...validateSet(ips, ADDRESSES_MAX, path.child("ips"), String, interfaceAddress),
  ]
}

function noLonger(text: string, bytesMax: number, path: FieldPath): Errors {
  return byteLength(text) > bytesMax ? [field.tooLong(path, bytesMax)] : NONE
}

/** An address with the length of its network's prefix: unlike a network it may have bits beyond. */
function interfaceAddress(value: string, path: FieldPath): Errors {
  const [address = "", length = "", ...others] = value.split("/")
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes("%") ? 128 : -1
  if (others.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > bits) {
    const why = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"
    return [field.invalid(path, value, why)]
  }
  const canonical = `${canonicalIp(address)}/${Number(length)}`
  return value === canonical ? NONE : [field.invalid(path, value, `must be in canonical form (${quote(canonical)})`)]
}
