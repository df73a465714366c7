import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { qualifiedName } from "../../../../machinery/names/labels.ts"
import { deepClone, deepEqual } from "../../../../machinery/patch/structure.ts"
import { compareQuantities, parseQuantity, quantityValue, ZERO } from "../../../../machinery/quantity/quantity.ts"
import type { Draft } from "../../../../machinery/schema/schema.ts"
import type { PersistentVolumeClaimStatus } from "../persistent-volume-claim.ts"
import type { PersistentVolumeClaimSpec } from "../persistent-volume-claim-spec.ts"
import { CLASS_ANNOTATION } from "../volume-warnings.ts"
import { validateClaimSpec } from "./claim-template.ts"
import { type Errors, NONE } from "./rules.ts"
import { jsonDiff } from "./spec-diff.ts"

const SPEC = FieldPath.root("spec")
const STATUS = FieldPath.root("status")

interface ClaimObject {
  readonly metadata: ObjectMeta
  readonly spec: PersistentVolumeClaimSpec
  readonly status: PersistentVolumeClaimStatus
}

export function validateClaim({ spec }: ClaimObject): Errors {
  return validateClaimSpec(spec, SPEC)
}

export function validateClaimUpdate(claim: ClaimObject, old: ClaimObject): Errors {
  const { spec } = claim
  const before = old.metadata.annotations?.[CLASS_ANNOTATION]
  const now = claim.metadata.annotations?.[CLASS_ANNOTATION]
  const annotation = FieldPath.root("metadata", "annotations", CLASS_ANNOTATION)
  const changedAnnotation = (now ?? "") !== (before ?? "") && !movesClass(claim, old)
  return [
    ...(changedAnnotation ? [field.invalid(annotation, now ?? "", "field is immutable")] : NONE),
    ...validateSpecUpdate(claim, old),
    ...validateSize(spec, old),
    ...(spec.volumeMode === old.spec.volumeMode
      ? NONE
      : [field.invalid(FieldPath.root("volumeMode"), spec.volumeMode, "field is immutable")]),
    ...validateAttributesClass(spec, old),
  ]
}

/** The class moves from the annotation that it was once written in to its field. */
function movesClass(claim: ClaimObject, old: ClaimObject): boolean {
  const before = old.metadata.annotations?.[CLASS_ANNOTATION]
  const now = claim.metadata.annotations?.[CLASS_ANNOTATION]
  if (before === undefined || old.spec.storageClassName !== undefined) return false
  return claim.spec.storageClassName === before && (now === undefined || now === before)
}

/** The class was not known when the claim was made, and is now. */
function learnsClass(claim: ClaimObject, old: ClaimObject): boolean {
  const before = old.metadata.annotations?.[CLASS_ANNOTATION]
  const { storageClassName } = claim.spec
  if (storageClassName === undefined || old.spec.storageClassName !== undefined) return false
  return before === undefined || storageClassName === before
}

const CHANGEABLE =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"

/** Claims cannot change, or quotas could be evaded. What may change is set to its old value before comparing. */
function validateSpecUpdate(claim: ClaimObject, old: ClaimObject): Errors {
  const spec = deepClone(claim.spec) as Draft<PersistentVolumeClaimSpec>
  const before = deepClone(old.spec) as Draft<PersistentVolumeClaimSpec>
  if (!before.volumeName && spec.volumeName) before.volumeName = spec.volumeName
  if (movesClass(claim, old) || learnsClass(claim, old)) delete spec.storageClassName
  if (claim.status.phase === "Bound") {
    if (spec.resources.requests !== undefined && before.resources.requests?.["storage"] !== undefined) {
      spec.resources.requests["storage"] = before.resources.requests["storage"]
    }
    if (before.volumeAttributesClassName === undefined) delete spec.volumeAttributesClassName
    else spec.volumeAttributesClassName = before.volumeAttributesClassName
  }
  if (deepEqual(spec, before)) return NONE
  return [field.forbidden(SPEC, `${CHANGEABLE}\n${jsonDiff(before, spec)}`)]
}

/** Less may be asked for as long as an enlargement has not come that far. */
function validateSize(spec: PersistentVolumeClaimSpec, old: ClaimObject): Errors {
  const amount = (text: string | undefined) => (text === undefined ? ZERO : parseQuantity(text))
  const now = amount(spec.resources.requests?.["storage"])
  const shrinks = compareQuantities(now, amount(old.spec.resources.requests?.["storage"])) < 0
  if (!shrinks || compareQuantities(now, amount(old.status.capacity?.["storage"])) > 0) return NONE
  const at = SPEC.child("resources").child("requests").child("storage")
  return [field.forbidden(at, "field can not be less than status.capacity")]
}

function validateAttributesClass({ volumeAttributesClassName: name }: PersistentVolumeClaimSpec, old: ClaimObject) {
  if (old.status.currentVolumeAttributesClassName === undefined || name === old.spec.volumeAttributesClassName)
    return NONE
  if (name !== undefined && name !== "") return NONE
  const to = name === undefined ? "nil" : "empty string"
  const why = `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`
  return [field.forbidden(SPEC.child("volumeAttributesClassName"), why)]
}

const RESIZE_STATES = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
  "NodeResizePending",
].toSorted()

export function validateClaimStatus({ status }: ClaimObject): Errors {
  const states = STATUS.child("allocatedResourceStatuses")
  const allocated = STATUS.child("allocatedResources")
  return [
    ...Object.entries(status.capacity ?? {}).flatMap(([name, amount]) =>
      notNegative(amount, STATUS.child("capacity").key(name)),
    ),
    ...Object.entries(status.allocatedResourceStatuses ?? {}).flatMap(([name, state]) => [
      ...resourceKey(name, states),
      // As in Kubernetes, the value shown is the key.
      ...(RESIZE_STATES.includes(state) ? NONE : [field.notSupported(states, name, RESIZE_STATES)]),
    ]),
    ...Object.entries(status.allocatedResources ?? {}).flatMap(([name, amount]) => {
      const problems = resourceKey(name, allocated)
      return problems.length > 0 ? problems : notNegative(amount, allocated.key(name))
    }),
  ]
}

function notNegative(amount: string, path: FieldPath): Errors {
  const value = quantityValue(parseQuantity(amount))
  return value < 0 ? [field.invalid(path, value, "must be a valid resource quantity")] : NONE
}

/** Of Kubernetes' own resources only storage; any of others. */
function resourceKey(name: string, path: FieldPath): Errors {
  const problems = qualifiedName(name)
  if (problems.length > 0) return problems.map((problem) => field.invalid(path, name, problem))
  const isNative = !name.includes("/") || name.includes("kubernetes.io/")
  return isNative && name !== "storage" ? [field.notSupported(path, name, ["storage"])] : NONE
}
