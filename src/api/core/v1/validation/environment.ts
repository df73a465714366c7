import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { configKey, relaxedEnvironmentName } from "../../../../machinery/names/identifiers.ts"
import type { EnvFromSource, EnvVar, FileKeySelector } from "../environment.ts"
import type { ConfigMapKeySelector, SecretKeySelector } from "../references.ts"
import { validateFieldRef, validateResourceFieldRef } from "./field-references.ts"
import { allOf, type Errors, label, NONE, noBacksteps, subdomain } from "./rules.ts"

export function validateEnv(variables: readonly EnvVar[], path: FieldPath): Errors {
  return variables.flatMap((variable, index) => {
    const at = path.index(index)
    const name = at.child("name")
    return [
      ...(variable.name === ""
        ? [field.required(name)]
        : allOf(relaxedEnvironmentName(variable.name), variable.name, name)),
      ...validateValueFrom(variable, at.child("valueFrom")),
    ]
  })
}

const FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
]

function validateValueFrom({ value, valueFrom }: EnvVar, path: FieldPath): Errors {
  if (valueFrom === undefined) return NONE
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef]
  const count = sources.filter((source) => source !== undefined).length
  const errors: FieldError[] = []
  if (fieldRef) errors.push(...validateFieldRef(fieldRef, FIELDS, path.child("fieldRef")))
  if (resourceFieldRef) {
    errors.push(...validateResourceFieldRef(resourceFieldRef, false, path.child("resourceFieldRef")))
  }
  if (configMapKeyRef) errors.push(...validateKeySelector(configMapKeyRef, path.child("configMapKeyRef")))
  if (secretKeyRef) errors.push(...validateKeySelector(secretKeyRef, path.child("secretKeyRef")))
  if (fileKeyRef) errors.push(...validateFileKey(fileKeyRef, path.child("fileKeyRef")))
  if (count === 0) {
    const choice = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
    errors.push(field.invalid(path, "", `must specify one of: ${choice}`))
  } else if (value) errors.push(field.invalid(path, "", "may not be specified when `value` is not empty"))
  else if (count > 1) errors.push(field.invalid(path, "", "may not have more than one field specified at a time"))
  return errors
}

function validateKeySelector({ name = "", key }: ConfigMapKeySelector | SecretKeySelector, path: FieldPath): Errors {
  const at = path.child("key")
  return [
    ...subdomain(name, path.child("name")),
    ...(key === "" ? [field.required(at)] : allOf(configKey(key), key, at)),
  ]
}

function validateFileKey({ key, volumeName, path: file }: FileKeySelector, path: FieldPath): Errors {
  const [keyPath, volumePath, filePath] = [path.child("key"), path.child("volumeName"), path.child("path")]
  return [
    ...(key === "" ? [field.required(keyPath)] : allOf(relaxedEnvironmentName(key), key, keyPath)),
    ...(volumeName === "" ? [field.required(volumePath)] : label(volumeName, volumePath)),
    ...(file === "" ? [field.required(filePath)] : noBacksteps(file, filePath)),
  ]
}

export function validateEnvFrom(sources: readonly EnvFromSource[], path: FieldPath): Errors {
  return sources.flatMap(({ prefix = "", configMapRef, secretRef }, index) => {
    const at = path.index(index)
    const errors: FieldError[] =
      prefix === "" ? [] : [...allOf(relaxedEnvironmentName(prefix), prefix, at.child("prefix"))]
    if (configMapRef) errors.push(...validateSourceName(configMapRef.name, at.child("configMapRef").child("name")))
    if (secretRef) errors.push(...validateSourceName(secretRef.name, at.child("secretRef").child("name")))
    if (!configMapRef && !secretRef) {
      errors.push(field.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
    } else if (configMapRef && secretRef) {
      errors.push(field.invalid(path, "", "may not have more than one field specified at a time"))
    }
    return errors
  })
}

function validateSourceName(name: string | undefined, path: FieldPath): Errors {
  // As for a prefix of names: a dash at the end is fine.
  return name ? subdomain(name.replace(/.-$/, "a"), path) : [field.required(path)]
}
