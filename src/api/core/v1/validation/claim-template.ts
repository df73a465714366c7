import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { dns1123Label, dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { compareQuantities, parseQuantity, ZERO } from "../../../../machinery/quantity/quantity.ts"
import { validateLabelSelector, validateLabels } from "../../../../machinery/validation/labels.ts"
import { validateAnnotations } from "../../../../machinery/validation/object-meta.ts"
import type { PersistentVolumeClaimSpec } from "../persistent-volume-claim-spec.ts"
import type { TypedLocalObjectReference, TypedObjectReference } from "../references.ts"
import type { PersistentVolumeClaimTemplate } from "../volume.ts"
import { allOf, type Errors, NONE, nonEmpty, oneOf, onlyAllowed } from "./rules.ts"

const TEMPLATE_META = new Set(["annotations", "labels"])

export function validateClaimTemplate({ metadata, spec }: PersistentVolumeClaimTemplate, path: FieldPath): Errors {
  const at = path.child("metadata")
  return [
    ...validateAnnotations(metadata.annotations, at.child("annotations")),
    ...validateLabels(metadata.labels, at.child("labels")),
    ...onlyAllowed(ObjectMeta, metadata, TEMPLATE_META, "cannot be set", at),
    ...validateClaimSpec(spec, path.child("spec")),
  ]
}

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: FieldPath): Errors {
  return [
    ...nonEmpty(spec.accessModes, path.child("accessModes"), "at least 1 access mode is required"),
    ...validateLabelSelector(spec.selector, path.child("selector")),
    ...validateAccessModes(spec.accessModes ?? [], path.child("accessModes")),
    ...validateStorage(spec.resources.requests?.["storage"], path.child("resources").key("storage")),
    ...className(spec.storageClassName, path.child("storageClassName")),
    ...oneOf(spec.volumeMode, ["Block", "Filesystem"], path.child("volumeMode")),
    ...validateSource(spec.dataSource, path.child("dataSource")),
    ...validateSource(spec.dataSourceRef, path.child("dataSourceRef")),
    ...validateSources(spec, path),
    ...className(spec.volumeAttributesClassName, path.child("volumeAttributesClassName")),
  ]
}

function className(name: string | undefined, path: FieldPath): Errors {
  return name ? allOf(dns1123Subdomain(name), name, path) : NONE
}

export function validateAccessModes(modes: readonly string[], path: FieldPath): Errors {
  const alone = modes.includes("ReadWriteOncePod")
  const others = modes.some((mode) => mode !== "ReadWriteOncePod" && ACCESS_MODES.includes(mode))
  return [
    ...modes.flatMap((mode) => oneOf(mode, ACCESS_MODES, path)),
    ...(alone && others ? [field.forbidden(path, "may not use ReadWriteOncePod with other access modes")] : NONE),
  ]
}

function validateStorage(amount: string | undefined, path: FieldPath): Errors {
  if (amount === undefined) return [field.required(path)]
  if (compareQuantities(parseQuantity(amount), ZERO) > 0) return NONE
  return [field.invalid(path, amount, "must be greater than zero")]
}

function validateSource(source: TypedLocalObjectReference | TypedObjectReference | undefined, path: FieldPath): Errors {
  if (source === undefined) return NONE
  const { name, kind, apiGroup = "" } = source
  const namespace = "namespace" in source ? (source.namespace ?? "") : ""
  const foreign = apiGroup === "" && kind !== "PersistentVolumeClaim"
  return [
    ...nonEmpty(name, path.child("name")),
    ...nonEmpty(kind, path.child("kind")),
    ...(foreign
      ? [field.invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")]
      : NONE),
    ...(apiGroup === "" ? NONE : allOf(dns1123Subdomain(apiGroup), apiGroup, path.child("apiGroup"))),
    ...(namespace === "" ? NONE : allOf(dns1123Label(namespace), namespace, path.child("namespace"))),
  ]
}

function validateSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
  path: FieldPath,
): readonly FieldError[] {
  if (dataSource === undefined || dataSourceRef === undefined) return NONE
  const shown = path.child("dataSource").toString()
  if (dataSourceRef.namespace) {
    return [field.invalid(path, shown, "may not be specified when dataSourceRef.namespace is specified")]
  }
  const same =
    dataSource.apiGroup === dataSourceRef.apiGroup &&
    dataSource.kind === dataSourceRef.kind &&
    dataSource.name === dataSourceRef.name
  return same ? NONE : [field.invalid(path, shown, "must match dataSourceRef")]
}
