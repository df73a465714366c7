import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { deepClone, deepEqual } from "../../../../machinery/patch/structure.ts"
import { compareQuantities, parseQuantity, quantityValue, ZERO } from "../../../../machinery/quantity/quantity.ts"
import type { PersistentVolumeSpec, VolumeNodeAffinity } from "../persistent-volume.ts"
import { PersistentVolumeSource } from "../persistent-volume-source.ts"
import { validateNodeSelector } from "./affinity.ts"
import { validateAccessModes } from "./claim-template.ts"
import { validateVolumeSource } from "./persistent-volume-source.ts"
import { type Errors, NONE, nonEmpty, oneOf, subdomain } from "./rules.ts"
import { jsonDiff } from "./spec-diff.ts"

const SPEC = FieldPath.root("spec")
const MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options"

interface VolumeObject {
  readonly metadata: ObjectMeta
  readonly spec: PersistentVolumeSpec
}

export function validatePersistentVolume({ metadata, spec }: VolumeObject): Errors {
  return [...validateVolumeSpec(spec, metadata.name ?? "", SPEC), ...validateMountOptions(metadata, spec)]
}

function validateVolumeSpec(spec: PersistentVolumeSpec, name: string, path: FieldPath): Errors {
  const modes = path.child("accessModes")
  const { nodeAffinity, storageClassName, volumeMode } = spec
  return [
    ...nonEmpty(spec.accessModes, modes),
    ...validateAccessModes(spec.accessModes ?? [], modes),
    ...validateCapacity(spec.capacity ?? {}, path.child("capacity")),
    ...reclaimPolicy(spec.persistentVolumeReclaimPolicy, path.child("persistentVolumeReclaimPolicy")),
    ...validateAffinity(nodeAffinity, path.child("nodeAffinity")),
    ...validateVolumeSource(spec, name, path),
    ...(spec.local !== undefined && nodeAffinity === undefined
      ? [field.required(path.child("nodeAffinity"), "Local volume requires node affinity")]
      : NONE),
    ...validateRecycling(spec, path),
    ...(storageClassName ? subdomain(storageClassName, path.child("storageClassName")) : NONE),
    ...(volumeMode === undefined ? NONE : oneOf(volumeMode, ["Block", "Filesystem"], path.child("volumeMode"))),
    ...validateAttributesClass(spec, path),
  ]
}

/** Volumes inside a VolumeAttachment: those of pods, which have no object of their own. */
export function validateInlineVolumeSpec(spec: PersistentVolumeSpec, path: FieldPath): Errors {
  const inInline = "in the context of inline volumes"
  const forbidden = (member: string, isSet: boolean, why = `may not be specified ${inInline}`) =>
    isSet ? [field.forbidden(path.child(member), why)] : NONE
  const modes = path.child("accessModes")
  const { persistentVolumeReclaimPolicy: policy = "", volumeMode = "Filesystem" } = spec
  return [
    ...forbidden("claimRef", spec.claimRef !== undefined),
    ...forbidden("capacity", Object.keys(spec.capacity ?? {}).length > 0),
    ...(spec.csi === undefined ? [field.required(path.child("csi"), `has to be specified ${inInline}`)] : NONE),
    ...nonEmpty(spec.accessModes, modes),
    ...validateAccessModes(spec.accessModes ?? [], modes),
    ...forbidden(
      "persistentVolumeReclaimPolicy",
      policy !== "" && policy !== "Retain",
      `may only be Retain ${inInline}`,
    ),
    ...forbidden("nodeAffinity", spec.nodeAffinity !== undefined),
    ...validateVolumeSource(spec, "", path),
    ...forbidden("storageClassName", Boolean(spec.storageClassName)),
    ...forbidden(
      "volumeMode",
      volumeMode !== "Filesystem",
      `may not specify volumeMode other than Filesystem ${inInline}`,
    ),
  ]
}

function validateCapacity(capacity: Readonly<Record<string, string>>, path: FieldPath): Errors {
  const names = Object.keys(capacity)
  const only = names.length === 1 && names[0] === "storage"
  return [
    ...(names.length === 0 ? [field.required(path)] : NONE),
    ...(only ? NONE : [field.notSupported(path, names.length === 0 ? undefined : capacity, ["storage"])]),
    ...Object.entries(capacity).flatMap(([name, amount]) => {
      const parsed = parseQuantity(amount)
      const negative = field.invalid(path.key(name), quantityValue(parsed), "must be a valid resource quantity")
      const notPositive = field.invalid(path.key(name), amount, "must be greater than zero")
      if (compareQuantities(parsed, ZERO) > 0) return NONE
      return quantityValue(parsed) < 0 ? [negative, notPositive] : [notPositive]
    }),
  ]
}

function reclaimPolicy(policy: string | undefined, path: FieldPath): Errors {
  return policy ? oneOf(policy, ["Delete", "Recycle", "Retain"], path) : NONE
}

function validateAffinity(affinity: VolumeNodeAffinity | undefined, path: FieldPath): Errors {
  if (affinity === undefined) return NONE
  const at = path.child("required")
  if (affinity.required === undefined) return [field.required(at, "must specify required node constraints")]
  return validateNodeSelector(affinity.required, at)
}

/** Recycling deletes what is in the volume. */
function validateRecycling({ hostPath, persistentVolumeReclaimPolicy: policy }: PersistentVolumeSpec, path: FieldPath) {
  const isRoot = hostPath?.path.split("/").every((part) => part === "" || part === ".") && hostPath.path.startsWith("/")
  if (!isRoot || policy !== "Recycle") return NONE
  const why = "may not be 'recycle' for a hostPath mount of '/'"
  return [field.forbidden(path.child("persistentVolumeReclaimPolicy"), why)]
}

function validateAttributesClass(spec: PersistentVolumeSpec, path: FieldPath): Errors {
  const { volumeAttributesClassName: name, csi } = spec
  if (name === undefined) return NONE
  const at = path.child("volumeAttributesClassName")
  const needsCsi = "has to be specified when using volumeAttributesClassName"
  return [
    ...(name === "" ? [field.required(at, "an empty string is disallowed")] : subdomain(name, at)),
    ...(csi === undefined ? [field.required(path.child("csi"), needsCsi)] : NONE),
  ]
}

const MOUNTABLE = [
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "nfs",
  "rbd",
  "quobyte",
  "iscsi",
  "cinder",
  "cephfs",
  "azureFile",
  "vsphereVolume",
  "azureDisk",
  "photonPersistentDisk",
] as const

function validateMountOptions({ annotations }: ObjectMeta, spec: PersistentVolumeSpec): Errors {
  if (annotations?.[MOUNT_OPTIONS] === undefined) return NONE
  if (MOUNTABLE.some((member) => spec[member] !== undefined)) return NONE
  const path = FieldPath.root("metadata", "annotations", MOUNT_OPTIONS)
  return [field.forbidden(path, "may not specify mount options for this volume type")]
}

export function validatePersistentVolumeUpdate({ spec }: VolumeObject, { spec: old }: VolumeObject): Errors {
  const attributes = SPEC.child("volumeAttributesClassName")
  const dropsClass = old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined
  return [
    ...validateSourceUpdate(spec, old),
    ...(spec.volumeMode === old.volumeMode
      ? NONE
      : [field.invalid(FieldPath.root("volumeMode"), spec.volumeMode, "field is immutable")]),
    ...validateAffinityUpdate(spec.nodeAffinity, old.nodeAffinity),
    ...(dropsClass ? [field.forbidden(attributes, "update from non-nil value to nil is forbidden")] : NONE),
  ]
}

function sourceOf(spec: PersistentVolumeSpec) {
  return Object.fromEntries(Object.entries(spec).filter(([member]) => PersistentVolumeSource.members.has(member)))
}

function validateSourceUpdate(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): Errors {
  const [now, before] = [sourceOf(spec), sourceOf(old)]
  if (spec.csi !== undefined && old.csi !== undefined && old.csi.controllerExpandSecretRef === undefined) {
    // The secret may be added later.
    const { controllerExpandSecretRef: _added, ...csi } = spec.csi
    now["csi"] = csi
  }
  if (deepEqual(now, before)) return NONE
  const why = `spec.persistentvolumesource is immutable after creation\n${jsonDiff(before, now)}`
  return [field.forbidden(SPEC.child("persistentvolumesource"), why)]
}

const GA_LABELS = new Map([
  ["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"],
  ["failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"],
  ["beta.kubernetes.io/os", "kubernetes.io/os"],
  ["beta.kubernetes.io/arch", "kubernetes.io/arch"],
  ["beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"],
])

function validateAffinityUpdate(now: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity | undefined): Errors {
  if (old === undefined) return NONE
  const expected = deepClone(old) as VolumeNodeAffinity
  const terms = now?.required?.nodeSelectorTerms ?? []
  for (const [index, term] of (expected.required?.nodeSelectorTerms ?? []).entries()) {
    for (const [i, requirement] of (term.matchExpressions ?? []).entries()) {
      const key = terms[index]?.matchExpressions?.[i]?.key
      if (key !== undefined && GA_LABELS.get(requirement.key) === key) Object.assign(requirement, { key })
    }
  }
  if (deepEqual(now, expected)) return NONE
  const why = "field is immutable, except for updating from beta label to GA"
  return [field.invalid(FieldPath.root("nodeAffinity"), now, why)]
}
