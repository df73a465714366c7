import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import type { Container, VolumeDevice, VolumeMount } from "../container.ts"
import { descendingPath, type Errors, NONE, oneOf } from "./rules.ts"
import type { VolumesByName } from "./volumes.ts"

type Mounting = Pick<Container, "volumeMounts" | "volumeDevices" | "securityContext">

// Some paths lack the index of the mount, as in Kubernetes.
export function validateMounts(container: Mounting, volumes: VolumesByName, path: FieldPath): Errors {
  const { volumeMounts = [], volumeDevices = [] } = container
  const devices = new Map(volumeDevices.map(({ name, devicePath }) => [name, devicePath]))
  const devicePaths = new Set(devices.values())
  const taken = new Set<string>()
  return volumeMounts.flatMap((mount, index) => {
    const { name, mountPath, subPath = "", subPathExpr = "" } = mount
    const at = path.index(index)
    const errors: FieldError[] = []
    if (name === "") errors.push(field.required(at.child("name")))
    if (!volumes.has(name)) errors.push(field.notFound(at.child("name"), name))
    if (mountPath === "") errors.push(field.required(at.child("mountPath")))
    if (taken.has(mountPath)) errors.push(field.invalid(at.child("mountPath"), mountPath, "must be unique"))
    taken.add(mountPath)
    if (devices.has(name)) errors.push(field.invalid(at.child("name"), name, "must not already exist in volumeDevices"))
    if (devicePaths.has(mountPath)) {
      const why = "must not already exist as a path in volumeDevices"
      errors.push(field.invalid(at.child("mountPath"), mountPath, why))
    }
    if (subPath !== "") errors.push(...descendingPath(subPath, path.child("subPath")))
    if (subPathExpr !== "") {
      if (subPath !== "") {
        const why = "subPathExpr and subPath are mutually exclusive"
        errors.push(field.invalid(at.child("subPathExpr"), subPathExpr, why))
      }
      errors.push(...descendingPath(subPathExpr, path.child("subPathExpr")))
    }
    errors.push(...validatePropagation(mount, container, path.child("mountPropagation")))
    errors.push(...validateRecursiveReadOnly(mount, path.child("recursiveReadOnly")))
    return errors
  })
}

const PROPAGATIONS = ["Bidirectional", "HostToContainer", "None"]

function validatePropagation(
  { mountPropagation }: VolumeMount,
  { securityContext }: Mounting,
  path: FieldPath,
): Errors {
  if (mountPropagation === undefined) return NONE
  const needsPrivilege = mountPropagation === "Bidirectional" && securityContext?.privileged !== true
  return [
    ...oneOf(mountPropagation, PROPAGATIONS, path),
    ...(needsPrivilege
      ? [field.forbidden(path, "Bidirectional mount propagation is available only to privileged containers")]
      : NONE),
  ]
}

function validateRecursiveReadOnly(
  { recursiveReadOnly, readOnly, mountPropagation }: VolumeMount,
  path: FieldPath,
): Errors {
  if (recursiveReadOnly === undefined || recursiveReadOnly === "Disabled") return NONE
  const errors = [...oneOf(recursiveReadOnly, ["Disabled", "Enabled", "IfPossible"], path)]
  if (errors.length > 0) return errors
  if (!readOnly) errors.push(field.forbidden(path, "may only be specified when readOnly is true"))
  if (mountPropagation !== undefined && mountPropagation !== "None") {
    errors.push(field.forbidden(path, "may only be specified when mountPropagation is None or not specified"))
  }
  return errors
}

export function validateDevices(container: Mounting, volumes: VolumesByName, path: FieldPath): Errors {
  const { volumeMounts = [], volumeDevices = [] } = container
  const mounts = new Map(volumeMounts.map(({ name, mountPath }) => [name, mountPath]))
  const seen = { names: new Set<string>(), paths: new Set<string>() }
  return volumeDevices.flatMap((device, index) => validateDevice(device, path.index(index), volumes, mounts, seen))
}

function validateDevice(
  { name, devicePath }: VolumeDevice,
  path: FieldPath,
  volumes: VolumesByName,
  mounts: ReadonlyMap<string, string>,
  seen: { readonly names: Set<string>; readonly paths: Set<string> },
): readonly FieldError[] {
  const [namePath, at] = [path.child("name"), path.child("devicePath")]
  const volume = volumes.get(name)
  const errors: FieldError[] = []
  if (name === "") errors.push(field.required(namePath))
  if (seen.names.has(name)) errors.push(field.invalid(namePath, name, "must be unique"))
  if (volume === undefined) errors.push(field.notFound(namePath, name))
  else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
    const why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
    errors.push(field.invalid(namePath, name, why))
  }
  if (devicePath === "") errors.push(field.required(at))
  if (seen.paths.has(devicePath)) errors.push(field.invalid(at, devicePath, "must be unique"))
  if (devicePath.split("/").includes("..")) {
    errors.push(field.invalid(at, devicePath, "can not contain backsteps ('..')"))
  } else seen.paths.add(devicePath)
  if (mounts.has(name)) errors.push(field.invalid(namePath, name, "must not already exist in volumeMounts"))
  if ([...mounts.values()].includes(devicePath)) {
    errors.push(field.invalid(at, devicePath, "must not already exist as a path in volumeMounts"))
  }
  if (name !== "") seen.names.add(name)
  return errors
}
