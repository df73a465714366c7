import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { csiDriverName } from "../../../core/v1/validation/csi-driver-name.ts"
import { type Errors, NONE, nonEmpty, notNegative, oneOf, qualified } from "../../../core/v1/validation/rules.ts"
import type { CSIDriverSpec, TokenRequest } from "../csi-driver.ts"
import type { CSINodeDriver, CSINodeSpec } from "../csi-node.ts"

const SPEC = FieldPath.root("spec")
const NODE_ID_BYTES_MAX = 256
const TOKEN_SECONDS_MIN = 600
const TOKEN_SECONDS_MAX = 2 ** 32
const UPDATE_SECONDS_MIN = 10

interface DriverObject {
  readonly spec: CSIDriverSpec
}
interface NodeObject {
  readonly spec: CSINodeSpec
}

export function validateCsiDriver({ spec }: DriverObject): Errors {
  const { tokenRequests = [], nodeAllocatableUpdatePeriodSeconds: period = UPDATE_SECONDS_MIN } = spec
  const inSecrets = spec.serviceAccountTokenInSecrets
  const modes = SPEC.child("volumeLifecycleModes")
  const tooOften = "must be greater than or equal to 10 seconds"
  const noTokens = "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
  return [
    ...oneOf(spec.fsGroupPolicy, ["File", "None", "ReadWriteOnceWithFSType"], SPEC.child("fsGroupPolicy")),
    ...validateTokens(tokenRequests, SPEC.child("tokenRequests")),
    ...(spec.volumeLifecycleModes ?? []).flatMap((mode) => oneOf(mode, ["Persistent", "Ephemeral"], modes)),
    ...(period < UPDATE_SECONDS_MIN
      ? [field.invalid(SPEC.child("nodeAllocatableUpdatePeriodSeconds"), period, tooOften)]
      : NONE),
    ...(inSecrets !== undefined && tokenRequests.length === 0
      ? [field.invalid(SPEC.child("serviceAccountTokenInSecrets"), inSecrets, noTokens)]
      : NONE),
  ]
}

function validateTokens(requests: readonly TokenRequest[], path: FieldPath): Errors {
  const audiences = requests.map(({ audience }) => audience)
  return requests.flatMap(({ audience, expirationSeconds: seconds = TOKEN_SECONDS_MIN }, index) => {
    const at = path.index(index)
    if (audiences.indexOf(audience) < index) return [field.duplicate(at.child("audience"), audience)]
    const wrong = (why: string) => [field.invalid(at.child("expirationSeconds"), seconds, why)]
    if (seconds < TOKEN_SECONDS_MIN) return wrong("may not specify a duration less than 10 minutes")
    return seconds > TOKEN_SECONDS_MAX ? wrong("may not specify a duration larger than 2^32 seconds") : NONE
  })
}

export function validateCsiDriverUpdate({ spec }: DriverObject, { spec: old }: DriverObject): Errors {
  const modes = spec.volumeLifecycleModes ?? []
  return [
    ...(spec.attachRequired === old.attachRequired
      ? NONE
      : [field.invalid(SPEC.child("attachedRequired"), spec.attachRequired, "field is immutable")]),
    ...(deepEqual(modes, old.volumeLifecycleModes ?? [])
      ? NONE
      : [field.invalid(SPEC.child("volumeLifecycleModes"), modes, "field is immutable")]),
  ]
}

const IN_SECRETS =
  "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes"

export function csiDriverWarnings({ spec }: DriverObject, old: DriverObject | undefined): readonly string[] {
  const { tokenRequests = [], serviceAccountTokenInSecrets } = spec
  if (tokenRequests.length === 0 || serviceAccountTokenInSecrets !== undefined) return []
  return old !== undefined && deepEqual(tokenRequests, old.spec.tokenRequests ?? []) ? [] : [IN_SECRETS]
}

export function validateCsiNode({ spec }: NodeObject): Errors {
  const names = spec.drivers.map(({ name }) => name)
  return spec.drivers.flatMap((driver, index) => {
    const at = SPEC.child("drivers").index(index)
    const isRepeated = names.indexOf(driver.name) < index
    return validateNodeDriver(driver, isRepeated, at)
  })
}

function validateNodeDriver(driver: CSINodeDriver, isRepeated: boolean, path: FieldPath): Errors {
  const { name, nodeID, allocatable, topologyKeys: keys = [] } = driver
  const at = path.child("nodeID")
  const isLong = byteLength(nodeID) > NODE_ID_BYTES_MAX
  return [
    ...csiDriverName(name, path.child("name")),
    ...nonEmpty(nodeID, at),
    ...(isLong ? [field.invalid(at, nodeID, `must be ${NODE_ID_BYTES_MAX} characters or less`)] : NONE),
    ...notNegative(allocatable?.count, path.child("allocatable").child("count")),
    ...(isRepeated ? [field.duplicate(path.child("name"), name)] : NONE),
    ...keys.flatMap((key, index) => [
      ...(key === "" ? [field.required(path)] : NONE),
      ...(keys.indexOf(key) < index ? [field.duplicate(path, key)] : NONE),
      ...qualified(key, path),
    ]),
  ]
}

/** Only how many volumes a driver can have may change; a driver that has changed otherwise registers anew. */
export function validateCsiNodeUpdate({ spec }: NodeObject, { spec: old }: NodeObject): Errors {
  const fixed = ({ allocatable: _count, ...driver }: CSINodeDriver) => driver
  return old.drivers.flatMap((before) =>
    spec.drivers
      .filter(({ name }) => name === before.name)
      .filter((driver) => !deepEqual(fixed(driver), fixed(before)))
      .map((driver) =>
        field.invalid(SPEC.child("drivers"), { ...fixed(driver), allocatable: null }, "field is immutable"),
      ),
  )
}
