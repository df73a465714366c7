import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import type * as source from "../network-volumes.ts"
import type { Volume } from "../volume.ts"
import { descendingPath, type Errors, label, NONE, nonEmpty, oneOf, within } from "./rules.ts"

/** Volumes that need a driver of their own. */

export function validateGitRepo({ repository, directory = "" }: source.GitRepoVolumeSource, path: FieldPath): Errors {
  return [...nonEmpty(repository, path.child("repository")), ...descendingPath(directory, path.child("directory"))]
}

function partition(value: number | undefined, path: FieldPath): Errors {
  if ((value ?? 0) >= 0 && (value ?? 0) <= 255) return NONE
  return [field.invalid(path.child("partition"), value, "must be between 1 and 255, inclusive")]
}

export function validateGceDisk(disk: source.GCEPersistentDiskVolumeSource, path: FieldPath): Errors {
  return [...nonEmpty(disk.pdName, path.child("pdName")), ...partition(disk.partition, path)]
}

export function validateAwsStore(store: source.AWSElasticBlockStoreVolumeSource, path: FieldPath): Errors {
  return [...nonEmpty(store.volumeID, path.child("volumeID")), ...partition(store.partition, path)]
}

const IQN = /iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/
const EUI = /^eui.[A-Za-z0-9]{16}$/
const NAA = /^naa.[A-Za-z0-9]{32}$/

function iscsiName(name: string, path: FieldPath): Errors {
  const kind = [IQN, EUI, NAA][["iqn", "eui", "naa"].findIndex((prefix) => name.startsWith(prefix))]
  if (kind === undefined) return [field.invalid(path, name, "must be valid format starting with iqn, eui, or naa")]
  return kind.test(name) ? NONE : [field.invalid(path, name, "must be valid format")]
}

export function validateIscsi(iscsi: source.ISCSIVolumeSource, path: FieldPath): Errors {
  const needsSecret = (iscsi.chapAuthDiscovery || iscsi.chapAuthSession) && iscsi.secretRef === undefined
  return [
    ...nonEmpty(iscsi.targetPortal, path.child("targetPortal")),
    ...(iscsi.iqn === "" ? [field.required(path.child("iqn"))] : iscsiName(iscsi.iqn, path.child("iqn"))),
    ...within(iscsi.lun, 0, 255, path.child("lun")),
    ...(needsSecret ? [field.required(path.child("secretRef"))] : NONE),
    ...(iscsi.initiatorName === undefined ? NONE : iscsiName(iscsi.initiatorName, path.child("initiatorname"))),
  ]
}

export function validateIscsiName({ name, iscsi }: Volume, path: FieldPath): Errors {
  if (iscsi?.initiatorName === undefined || `${name}:${iscsi.targetPortal}`.length <= 64) return NONE
  const why =
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."
  return [field.invalid(path.child("name"), name, why)]
}

export function validateGlusterfs(gluster: source.GlusterfsVolumeSource, path: FieldPath): Errors {
  return [...nonEmpty(gluster.endpoints, path.child("endpoints")), ...nonEmpty(gluster.path, path.child("path"))]
}

export function validateFlocker(
  { datasetName = "", datasetUUID = "" }: source.FlockerVolumeSource,
  path: FieldPath,
): Errors {
  return [
    ...(datasetName === "" && datasetUUID === ""
      ? [field.required(path, "one of datasetName and datasetUUID is required")]
      : NONE),
    ...(datasetName !== "" && datasetUUID !== ""
      ? [field.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously")]
      : NONE),
    ...(datasetName.includes("/")
      ? [field.invalid(path.child("datasetName"), datasetName, "must not contain '/'")]
      : NONE),
  ]
}

export function validateRbd({ monitors, image }: source.RBDVolumeSource, path: FieldPath): Errors {
  return [...nonEmpty(monitors, path.child("monitors")), ...nonEmpty(image, path.child("image"))]
}

function secretName(reference: { readonly name?: string } | undefined, path: FieldPath): Errors {
  return reference === undefined ? NONE : nonEmpty(reference.name, path.child("secretRef").child("name"))
}

export function validateCinder({ volumeID, secretRef }: source.CinderVolumeSource, path: FieldPath): Errors {
  return [...nonEmpty(volumeID, path.child("volumeID")), ...secretName(secretRef, path)]
}

export function validateCephfs({ monitors }: source.CephFSVolumeSource, path: FieldPath): Errors {
  return nonEmpty(monitors, path.child("monitors"))
}

export function validateQuobyte(
  { registry, tenant = "", volume }: source.QuobyteVolumeSource,
  path: FieldPath,
): Errors {
  const pairs = "must be a host:port pair or multiple pairs separated by commas"
  const at = path.child("registry")
  const registryErrors =
    registry === ""
      ? [field.required(at, pairs)]
      : tenant.length >= 65
        ? [field.required(path.child("tenant"), "must be a UUID and may not exceed a length of 64 characters")]
        : registry
            .split(",")
            .filter((pair) => !/^(\[[^\]]*\]|[^:[\]]*):[^:]*$/.test(pair))
            .map(() => field.invalid(at, registry, pairs))
  return [...registryErrors, ...nonEmpty(volume, path.child("volume"))]
}

export function validateFc({ targetWWNs = [], wwids = [], lun }: source.FCVolumeSource, path: FieldPath): Errors {
  const at = path.child("targetWWNs")
  return [
    ...(targetWWNs.length === 0 && wwids.length === 0
      ? [field.required(at, "must specify either targetWWNs or wwids, but not both")]
      : NONE),
    ...(targetWWNs.length > 0 && wwids.length > 0
      ? [field.invalid(at, targetWWNs, "targetWWNs and wwids can not be specified simultaneously")]
      : NONE),
    ...(targetWWNs.length === 0
      ? NONE
      : lun === undefined
        ? [field.required(path.child("lun"), "lun is required if targetWWNs is specified")]
        : within(lun, 0, 255, path.child("lun"))),
  ]
}

export function validateFlex({ driver, options = {} }: source.FlexVolumeSource, path: FieldPath): Errors {
  const reserved = Object.keys(options).filter((key) => {
    const namespace = `.${(key.split("/", 1)[0] ?? "").toLowerCase()}`
    return namespace.endsWith(".kubernetes.io") || namespace.endsWith(".k8s.io")
  })
  return [
    ...nonEmpty(driver, path.child("driver")),
    ...reserved.map((key) =>
      field.invalid(path.child("options").key(key), key, "kubernetes.io and k8s.io namespaces are reserved"),
    ),
  ]
}

export function validateAzureFile(
  { secretName: secret, shareName }: source.AzureFileVolumeSource,
  path: FieldPath,
): Errors {
  return [...nonEmpty(secret, path.child("secretName")), ...nonEmpty(shareName, path.child("shareName"))]
}

const MANAGED_URI = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
const BLOB_URI = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"

export function validateAzureDisk(disk: source.AzureDiskVolumeSource, path: FieldPath): Errors {
  const uri = path.child("diskURI")
  const isManaged = disk.kind === "Managed"
  const fits = disk.diskURI.startsWith(isManaged ? "/subscriptions/" : "https://")
  return [
    ...nonEmpty(disk.diskName, path.child("diskName")),
    ...nonEmpty(disk.diskURI, uri),
    ...oneOf(disk.cachingMode, ["None", "ReadOnly", "ReadWrite"], path.child("cachingMode")),
    ...oneOf(disk.kind, ["Dedicated", "Managed", "Shared"], path.child("kind")),
    ...(fits ? NONE : [field.notSupported(uri, disk.diskURI, [isManaged ? MANAGED_URI : BLOB_URI])]),
  ]
}

export function validateStorageos(storage: source.StorageOSVolumeSource, path: FieldPath): Errors {
  const { volumeName = "", volumeNamespace = "", secretRef } = storage
  const at = path.child("volumeName")
  return [
    ...(volumeName === "" ? [field.required(at)] : label(volumeName, at)),
    ...(volumeNamespace === "" ? NONE : label(volumeNamespace, path.child("volumeNamespace"))),
    ...secretName(secretRef, path),
  ]
}

export function validateScaleio(
  { gateway, system, volumeName }: Pick<source.ScaleIOVolumeSource, "gateway" | "system" | "volumeName">,
  path: FieldPath,
): Errors {
  return [
    ...nonEmpty(gateway, path.child("gateway")),
    ...nonEmpty(system, path.child("system")),
    ...nonEmpty(volumeName, path.child("volumeName")),
  ]
}
