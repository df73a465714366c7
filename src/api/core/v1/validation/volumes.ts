import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { compareQuantities, parseQuantity, ZERO } from "../../../../machinery/quantity/quantity.ts"
import type {
  CSIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  HostPathVolumeSource,
  ImageVolumeSource,
  NFSVolumeSource,
  Volume,
} from "../volume.ts"
import { validateClaimTemplate } from "./claim-template.ts"
import { validatePullPolicy } from "./container.ts"
import * as network from "./network-volumes.ts"
import {
  validateConfigMapVolume,
  validateDownwardVolume,
  validateProjected,
  validateSecretVolume,
} from "./projections.ts"
import { allOf, type Errors, label, NONE, noBacksteps, nonEmpty, OneKind } from "./rules.ts"

/** What validating a pod spec depends on besides the spec. */
export interface PodContext {
  /** A pod, rather than a template for pods. */
  readonly isPod: boolean
  readonly meta?: ObjectMeta | undefined
}
export type VolumesByName = ReadonlyMap<string, Volume>

/** Also returns the volumes that are valid, for those who refer to them by name. */
export function validateVolumes(
  volumes: readonly Volume[],
  path: FieldPath,
  context: PodContext,
): { readonly byName: VolumesByName; readonly errors: Errors } {
  const errors: FieldError[] = []
  const byName = new Map<string, Volume>()
  const podName = context.meta?.name ?? ""
  const created = new Set(
    volumes
      .filter(({ ephemeral }) => podName !== "" && ephemeral !== undefined)
      .map(({ name }) => `${podName}-${name}`),
  )
  for (const [index, volume] of volumes.entries()) {
    const at = path.index(index)
    const found = [
      ...validateSource(volume, at, context),
      ...(volume.name === "" ? [field.required(at.child("name"))] : label(volume.name, at.child("name"))),
      ...(byName.has(volume.name) ? [field.duplicate(at.child("name"), volume.name)] : NONE),
    ]
    if (found.length === 0) byName.set(volume.name, volume)
    errors.push(...found)
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim !== undefined && created.has(claim)) {
      const why = "must not reference a PVC that gets created for an ephemeral volume"
      errors.push(field.invalid(at.child("persistentVolumeClaim").child("claimName"), claim, why))
    }
  }
  return { byName, errors }
}

// The order is Kubernetes'; of several sources the first one counts, and the others are reported.
function validateSource(volume: Volume, path: FieldPath, context: PodContext): Errors {
  const one = new OneKind("may not specify more than 1 volume type")
  const errors = [
    ...one.take(volume.emptyDir, path.child("emptyDir"), validateEmptyDir),
    ...one.take(volume.hostPath, path.child("hostPath"), validateHostPath),
    ...one.take(volume.gitRepo, path.child("gitRepo"), network.validateGitRepo),
    ...one.take(volume.gcePersistentDisk, path.child("gcePersistentDisk"), network.validateGceDisk),
    ...one.take(volume.awsElasticBlockStore, path.child("awsElasticBlockStore"), network.validateAwsStore),
    ...one.take(volume.secret, path.child("secret"), validateSecretVolume),
    ...one.take(volume.nfs, path.child("nfs"), validateNfs),
    ...one.take(volume.iscsi, path.child("iscsi"), network.validateIscsi),
    ...network.validateIscsiName(volume, path),
    ...one.take(volume.glusterfs, path.child("glusterfs"), network.validateGlusterfs),
    ...one.take(volume.flocker, path.child("flocker"), network.validateFlocker),
    ...one.take(volume.persistentVolumeClaim, path.child("persistentVolumeClaim"), ({ claimName }, at) =>
      nonEmpty(claimName, at.child("claimName")),
    ),
    ...one.take(volume.rbd, path.child("rbd"), network.validateRbd),
    ...one.take(volume.cinder, path.child("cinder"), network.validateCinder),
    ...one.take(volume.cephfs, path.child("cephfs"), network.validateCephfs),
    ...one.take(volume.quobyte, path.child("quobyte"), network.validateQuobyte),
    ...one.take(volume.downwardAPI, path.child("downwardAPI"), validateDownwardVolume),
    ...one.take(volume.fc, path.child("fc"), network.validateFc),
    ...one.take(volume.flexVolume, path.child("flexVolume"), network.validateFlex),
    ...one.take(volume.configMap, path.child("configMap"), validateConfigMapVolume),
    ...one.take(volume.azureFile, path.child("azureFile"), network.validateAzureFile),
    ...one.take(volume.vsphereVolume, path.child("vsphereVolume"), ({ volumePath }, at) =>
      nonEmpty(volumePath, at.child("volumePath")),
    ),
    ...one.take(volume.photonPersistentDisk, path.child("photonPersistentDisk"), ({ pdID }, at) =>
      nonEmpty(pdID, at.child("pdID")),
    ),
    ...one.take(volume.portworxVolume, path.child("portworxVolume"), ({ volumeID }, at) =>
      nonEmpty(volumeID, at.child("volumeID")),
    ),
    ...one.take(volume.azureDisk, path.child("azureDisk"), network.validateAzureDisk),
    ...one.take(volume.storageos, path.child("storageos"), network.validateStorageos),
    ...one.take(volume.projected, path.child("projected"), validateProjected),
    ...one.take(volume.scaleIO, path.child("scaleIO"), network.validateScaleio),
    ...one.take(volume.csi, path.child("csi"), validateCsi),
    ...one.take(volume.ephemeral, path.child("ephemeral"), (source, at) =>
      validateEphemeral(source, at, volume.name, path, context),
    ),
    ...one.take(volume.image, path.child("image"), (source, at) => validateImage(source, at, context)),
  ]
  return one.none ? [...errors, field.required(path, "must specify a volume type")] : errors
}

function validateEmptyDir({ sizeLimit }: EmptyDirVolumeSource, path: FieldPath): Errors {
  if (sizeLimit === undefined || compareQuantities(parseQuantity(sizeLimit), ZERO) >= 0) return NONE
  return [field.forbidden(path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity")]
}

const HOST_PATH_TYPES = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
]

export function validateHostPath(source: HostPathVolumeSource, path: FieldPath): Errors {
  if (source.path === "") return [field.required(path.child("path"))]
  const unknown = HOST_PATH_TYPES.includes(source.type)
    ? NONE
    : [field.notSupported(path.child("type"), source.type, HOST_PATH_TYPES)]
  return [...noBacksteps(source.path, path.child("path")), ...unknown]
}

export function validateNfs(source: NFSVolumeSource, path: FieldPath): Errors {
  return [
    ...nonEmpty(source.server, path.child("server")),
    ...nonEmpty(source.path, path.child("path")),
    ...(source.path.startsWith("/")
      ? NONE
      : [field.invalid(path.child("path"), source.path, "must be an absolute path")]),
  ]
}

const DRIVER_NAME_BYTES_MAX = 63

function validateCsi({ driver, nodePublishSecretRef }: CSIVolumeSource, path: FieldPath): Errors {
  const at = path.child("driver")
  const secret = nodePublishSecretRef?.name ?? ""
  return [
    ...(driver === "" ? [field.required(at)] : allOf(dns1123Subdomain(driver.toLowerCase()), driver, at)),
    ...(driver.length > DRIVER_NAME_BYTES_MAX ? [field.tooLong(at, DRIVER_NAME_BYTES_MAX)] : NONE),
    ...(nodePublishSecretRef === undefined
      ? NONE
      : secret === ""
        ? [field.required(path.child("nodePublishSecretRef").child("name"))]
        : allOf(dns1123Subdomain(secret), secret, path.child("name"))),
  ]
}

function validateEphemeral(
  { volumeClaimTemplate }: EphemeralVolumeSource,
  path: FieldPath,
  name: string,
  volumePath: FieldPath,
  { meta }: PodContext,
): Errors {
  const errors: FieldError[] =
    volumeClaimTemplate === undefined
      ? [field.required(path.child("volumeClaimTemplate"))]
      : [...validateClaimTemplate(volumeClaimTemplate, path.child("volumeClaimTemplate"))]
  if (meta?.name && name !== "") {
    const claim = `${meta.name}-${name}`
    for (const problem of dns1123Subdomain(claim)) {
      errors.push(field.invalid(volumePath.child("name"), name, `PVC name "${claim}": ${problem}`))
    }
  }
  return errors
}

function validateImage({ reference, pullPolicy }: ImageVolumeSource, path: FieldPath, { isPod }: PodContext): Errors {
  return [
    ...(isPod ? nonEmpty(reference, path.child("reference")) : NONE),
    ...validatePullPolicy(pullPolicy, path.child("pullPolicy")),
  ]
}
