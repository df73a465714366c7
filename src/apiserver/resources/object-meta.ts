import type { FieldError } from "../../machinery/field/error.ts"
import * as field from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import type { ObjectMeta } from "../../machinery/meta/object-meta.ts"
import { dns1123Label, dns1123Subdomain } from "../../machinery/names/dns.ts"
import { labelValue, qualifiedName } from "../../machinery/names/labels.ts"
import { byteLength } from "../../machinery/names/rules.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"

/** Rules of `metadata` that hold for every kind. */

const ANNOTATIONS_BYTES_MAX = 256 * 1024
const ORPHAN = "orphan"
const FOREGROUND = "foregroundDeletion"
const at = FieldPath.root("metadata")

export function validateObjectMeta(resource: AnyResource, meta: ObjectMeta): FieldError[] {
  return [
    ...nameErrors(resource, meta),
    ...namespaceErrors(resource, meta),
    ...labelErrors(meta.labels ?? {}, at.child("labels")),
    ...annotationErrors(meta.annotations ?? {}),
    ...ownerErrors(meta),
    ...finalizerErrors(meta.finalizers ?? []),
    ...managedFieldsErrors(meta),
  ]
}

function nameErrors(resource: AnyResource, meta: ObjectMeta): FieldError[] {
  const check = resource.strategy.nameFormat?.check ?? dns1123Subdomain
  const errors: FieldError[] = []
  const { generateName = "", name = "" } = meta
  if (generateName !== "") {
    // What follows is made of letters, so a dash at the end is fine.
    for (const problem of check(generateName.replace(/-$/, "a"))) {
      errors.push(field.invalid(at.child("generateName"), generateName, problem))
    }
  }
  if (name === "") errors.push(field.required(at.child("name"), "name or generateName is required"))
  else for (const problem of check(name)) errors.push(field.invalid(at.child("name"), name, problem))
  return errors
}

function namespaceErrors(resource: AnyResource, { namespace = "" }: ObjectMeta): FieldError[] {
  const path = at.child("namespace")
  if (!resource.namespaced) return namespace === "" ? [] : [field.forbidden(path, "not allowed on this type")]
  if (namespace === "") return [field.required(path)]
  return dns1123Label(namespace).map((problem) => field.invalid(path, namespace, problem))
}

export function labelErrors(labels: Readonly<Record<string, string>>, path: FieldPath): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedName(key).map((problem) => field.invalid(path, key, problem)),
    ...labelValue(value).map((problem) => field.invalid(path, value, problem)),
  ])
}

function annotationErrors(annotations: Readonly<Record<string, string>>): FieldError[] {
  const path = at.child("annotations")
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(annotations)) {
    bytes += byteLength(key) + byteLength(value)
    for (const problem of qualifiedName(key.toLowerCase())) errors.push(field.invalid(path, key, problem))
  }
  if (bytes > ANNOTATIONS_BYTES_MAX) errors.push(field.tooLong(path, ANNOTATIONS_BYTES_MAX))
  return errors
}

function ownerErrors({ ownerReferences = [] }: ObjectMeta): FieldError[] {
  const path = at.child("ownerReferences")
  const errors: FieldError[] = []
  let controller = ""
  for (const owner of ownerReferences) {
    const version = owner.apiVersion.slice(owner.apiVersion.indexOf("/") + 1)
    if (version === "") {
      errors.push(field.invalid(path.child("apiVersion"), owner.apiVersion, "version must not be empty"))
    }
    if (owner.kind === "") errors.push(field.invalid(path.child("kind"), owner.kind, "must not be empty"))
    if (owner.name === "") errors.push(field.invalid(path.child("name"), owner.name, "must not be empty"))
    if (owner.uid === "") errors.push(field.invalid(path.child("uid"), owner.uid, "must not be empty"))
    if (owner.apiVersion === "v1" && owner.kind === "Event") {
      errors.push(field.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"))
    }
    if (owner.controller !== true) continue
    const current = `${owner.kind}/${owner.name}`
    if (controller !== "") {
      const found = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`
      errors.push(field.invalid(path, ownerReferences, found))
    } else controller = current
  }
  return errors
}

function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  const path = at.child("finalizers")
  const errors = finalizers.flatMap((name) => qualifiedName(name).map((problem) => field.invalid(path, name, problem)))
  if (finalizers.includes(ORPHAN) && finalizers.includes(FOREGROUND)) {
    errors.push(field.invalid(path, finalizers, `finalizer ${ORPHAN} and ${FOREGROUND} cannot be both set`))
  }
  return errors
}

function managedFieldsErrors({ managedFields = [] }: ObjectMeta): FieldError[] {
  return managedFields.flatMap((entry, index) => {
    const path = at.child("managedFields").index(index)
    const errors: FieldError[] = []
    if (entry.operation !== "Apply" && entry.operation !== "Update") {
      errors.push(field.invalid(path.child("operation"), entry.operation ?? "", "must be `Apply` or `Update`"))
    }
    if (entry.fieldsType !== undefined && entry.fieldsType !== "" && entry.fieldsType !== "FieldsV1") {
      errors.push(field.invalid(path.child("fieldsType"), entry.fieldsType, "must be `FieldsV1`"))
    }
    return errors
  })
}

/** What an update may not change. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp) {
    const before = new Set(old.finalizers)
    const added = (meta.finalizers ?? []).filter((name) => !before.has(name))
    if (added.length > 0) {
      const found = added.toSorted().map((name) => JSON.stringify(name))
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${found.join(", ")}}`
      errors.push(field.forbidden(at.child("finalizers"), why))
    }
  }
  const immutable = (name: "name" | "namespace" | "uid" | "creationTimestamp" | "deletionTimestamp") => {
    if ((meta[name] ?? "") === (old[name] ?? "")) return
    errors.push(field.invalid(at.child(name), meta[name] ?? null, "field is immutable"))
  }
  immutable("name")
  immutable("namespace")
  immutable("uid")
  immutable("creationTimestamp")
  immutable("deletionTimestamp")
  if (meta.deletionGracePeriodSeconds !== old.deletionGracePeriodSeconds) {
    errors.push(
      field.invalid(
        at.child("deletionGracePeriodSeconds"),
        meta.deletionGracePeriodSeconds ?? null,
        "field is immutable",
      ),
    )
  }
  return errors
}
