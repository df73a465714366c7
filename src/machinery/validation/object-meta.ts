import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import { FieldPath } from "../field/path.ts"
import { quote } from "../field/quote.ts"
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "../meta/object-meta.ts"
import { dns1123Label, dns1123Subdomain } from "../names/dns.ts"
import { qualifiedName } from "../names/labels.ts"
import { byteLength } from "../names/rules.ts"
import { deepEqual } from "../patch/structure.ts"
import type { Format } from "../schema/schema.ts"
import { validateLabels } from "./labels.ts"
import { IMMUTABLE_MESSAGE } from "./validate-update.ts"

/** Rules of `metadata` that hold for every kind. */

/** All keys and values together, as Kubernetes counts them. */
export const ANNOTATIONS_BYTES_MAX = 256 * 1024
export const FIELD_MANAGER_BYTES_MAX = 128
const SUBRESOURCE_BYTES_MAX = 256
export const ORPHAN_FINALIZER = "orphan"
export const FOREGROUND_FINALIZER = "foregroundDeletion"
const METADATA = FieldPath.root("metadata")

/** What the rules need to know of the kind; a resource's `namespaced` and `strategy.nameFormat`. */
export interface MetaRules {
  readonly namespaced: boolean
  /** Default: DNS-1123 subdomain. */
  readonly nameFormat?: Format | undefined
  /** Finalizers are Kubernetes' own or have a domain. */
  readonly qualifiedFinalizers?: boolean
}

/** The metadata of an object that is about to be stored; a generated name has been generated. */
export function validateObjectMeta(meta: ObjectMeta, rules: MetaRules, path: FieldPath = METADATA): FieldError[] {
  const { generation } = meta
  return [
    ...validateName(meta, rules, path),
    ...validateNamespace(meta, rules, path.child("namespace")),
    ...(Number(generation ?? 0) < 0
      ? [field.invalid(path.child("generation"), generation, "must be greater than or equal to 0")]
      : []),
    ...validateLabels(meta.labels, path.child("labels")),
    ...validateAnnotations(meta.annotations, path.child("annotations")),
    ...validateOwners(meta.ownerReferences ?? [], path.child("ownerReferences")),
    ...validateFinalizers(meta.finalizers ?? [], path.child("finalizers")),
    ...validateManagedFields(meta.managedFields ?? [], path.child("managedFields")),
    ...(rules.qualifiedFinalizers === true && meta.finalizers !== undefined
      ? unqualifiedFinalizers(meta.finalizers, path.child("finalizers"))
      : []),
  ]
}

const STANDARD_FINALIZERS = new Set(["kubernetes", ORPHAN_FINALIZER, FOREGROUND_FINALIZER])

function unqualifiedFinalizers(finalizers: readonly string[], path: FieldPath): FieldError[] {
  return finalizers.flatMap((name, index) => {
    if (name.includes("/") || STANDARD_FINALIZERS.has(name)) return []
    const problem = "name is neither a standard finalizer name nor is it fully qualified"
    return [field.invalid(path.index(index), name, problem)]
  })
}

function validateName(meta: ObjectMeta, { nameFormat }: MetaRules, path: FieldPath): FieldError[] {
  const check = nameFormat?.check ?? dns1123Subdomain
  const { generateName = "", name = "" } = meta
  const problems = generateName === "" ? [] : check(maskTrailingDash(generateName))
  const errors = problems.map((problem) => field.invalid(path.child("generateName"), generateName, problem))
  if (name === "") errors.push(field.required(path.child("name"), "name or generateName is required"))
  else for (const problem of check(name)) errors.push(field.invalid(path.child("name"), name, problem))
  return errors
}

/** What is appended begins with a letter or digit, so a dash at the end is fine. */
/** A prefix as the shortest name it may become, so that it may end in a dash. */
export function maskTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -2)}a` : prefix
}

function validateNamespace({ namespace = "" }: ObjectMeta, { namespaced }: MetaRules, path: FieldPath): FieldError[] {
  if (!namespaced) return namespace === "" ? [] : [field.forbidden(path, "not allowed on this type")]
  if (namespace === "") return [field.required(path)]
  return dns1123Label(namespace).map((problem) => field.invalid(path, namespace, problem))
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(annotations ?? {})) {
    bytes += byteLength(key) + byteLength(value)
    // Capital letters are allowed even in the prefix.
    for (const problem of qualifiedName(key.toLowerCase())) errors.push(field.invalid(path, key, problem))
  }
  if (bytes > ANNOTATIONS_BYTES_MAX) errors.push(field.tooLong(path, ANNOTATIONS_BYTES_MAX))
  return errors
}

function validateOwners(owners: readonly OwnerReference[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  let controller = ""
  for (const owner of owners) {
    errors.push(...validateOwner(owner, path))
    if (owner.controller !== true) continue
    const current = `${owner.kind}/${owner.name}`
    if (controller === "") {
      controller = current
      continue
    }
    const found = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`
    errors.push(field.invalid(path, owners, found))
  }
  return errors
}

function validateOwner(owner: OwnerReference, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const version = owner.apiVersion.slice(owner.apiVersion.lastIndexOf("/") + 1)
  if (version === "" || owner.apiVersion.split("/").length > 2) {
    errors.push(field.invalid(path.child("apiVersion"), owner.apiVersion, "version must not be empty"))
  }
  for (const name of ["kind", "name", "uid"] as const) {
    if (owner[name] === "") errors.push(field.invalid(path.child(name), "", "must not be empty"))
  }
  if (owner.apiVersion === "v1" && owner.kind === "Event") {
    errors.push(field.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"))
  }
  return errors
}

export function validateFinalizers(finalizers: readonly string[], path: FieldPath): FieldError[] {
  const errors = finalizers.flatMap((name) => qualifiedName(name).map((problem) => field.invalid(path, name, problem)))
  if (finalizers.includes(ORPHAN_FINALIZER) && finalizers.includes(FOREGROUND_FINALIZER)) {
    const problem = `finalizer ${ORPHAN_FINALIZER} and ${FOREGROUND_FINALIZER} cannot be both set`
    errors.push(field.invalid(path, finalizers, problem))
  }
  return errors
}

/** The rules of a field manager's name; an empty one means that none was given. */
export function validateFieldManager(manager: string, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (byteLength(manager) > FIELD_MANAGER_BYTES_MAX) errors.push(field.tooLong(path, FIELD_MANAGER_BYTES_MAX))
  let position = 0
  for (const character of manager) {
    if (UNPRINTABLE.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")
      errors.push(field.invalid(path, manager, `invalid character U+${code} (at position ${position})`))
    }
    position += byteLength(character)
  }
  return errors
}

/** What Go's `unicode.IsPrint` refuses. */
const UNPRINTABLE = /[^\P{C}]|[^\P{Z} ]/u

function validateManagedFields(entries: readonly ManagedFieldsEntry[], path: FieldPath): FieldError[] {
  return entries.flatMap((entry, index) => {
    const at = path.index(index)
    const { operation = "", fieldsType = "", manager = "", subresource = "" } = entry
    const errors: FieldError[] = []
    if (operation !== "Apply" && operation !== "Update") {
      errors.push(field.invalid(at.child("operation"), operation, "must be `Apply` or `Update`"))
    }
    if (fieldsType !== "" && fieldsType !== "FieldsV1") {
      errors.push(field.invalid(at.child("fieldsType"), fieldsType, "must be `FieldsV1`"))
    }
    errors.push(...validateFieldManager(manager, at.child("manager")))
    if (byteLength(subresource) > SUBRESOURCE_BYTES_MAX) {
      errors.push(field.tooLong(at.child("subresource"), SUBRESOURCE_BYTES_MAX))
    }
    return errors
  })
}

const IMMUTABLE = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const

/** What an update of an object's metadata may not do. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path: FieldPath = METADATA): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp) errors.push(...noNewFinalizers(meta, old, path.child("finalizers")))
  if (!meta.resourceVersion) {
    errors.push(field.invalid(path.child("resourceVersion"), "", "must be specified for an update"))
  }
  if (Number(meta.generation ?? 0) < Number(old.generation ?? 0)) {
    errors.push(field.invalid(path.child("generation"), meta.generation ?? 0, "must not be decremented"))
  }
  for (const name of IMMUTABLE) {
    // Absent text is empty text; the others are pointers, and absent is null.
    const absent = name === "name" || name === "namespace" || name === "uid" ? "" : null
    const value = meta[name] ?? absent
    if (!deepEqual(value, old[name] ?? absent)) errors.push(field.invalid(path.child(name), value, IMMUTABLE_MESSAGE))
  }
  return [
    ...errors,
    ...validateLabels(meta.labels, path.child("labels")),
    ...validateAnnotations(meta.annotations, path.child("annotations")),
    ...validateOwners(meta.ownerReferences ?? [], path.child("ownerReferences")),
    ...validateManagedFields(meta.managedFields ?? [], path.child("managedFields")),
  ]
}

function noNewFinalizers(meta: ObjectMeta, old: ObjectMeta, path: FieldPath): FieldError[] {
  const before = new Set(old.finalizers)
  const added = [...new Set(meta.finalizers)].filter((name) => !before.has(name)).toSorted()
  if (added.length === 0) return []
  const found = `[]string{${added.map(quote).join(", ")}}`
  const problem = `no new finalizers can be added if the object is being deleted, found new finalizers ${found}`
  return [field.forbidden(path, problem)]
}
