import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import type * as source from "../persistent-volume-source.ts"
import type { SecretReference } from "../references.ts"
import { csiDriverName } from "./csi-driver-name.ts"
import * as network from "./network-volumes.ts"
import { type Errors, label, NONE, noBacksteps, nonEmpty, OneKind, subdomain } from "./rules.ts"
import { validateHostPath, validateNfs } from "./volumes.ts"

/** Where persistent volumes come from. `name` is that of the volume. */
export function validateVolumeSource(volume: source.PersistentVolumeSource, name: string, path: FieldPath): Errors {
  const one = new OneKind("may not specify more than 1 volume type")
  const errors = [
    ...one.take(volume.hostPath, path.child("hostPath"), validateHostPath),
    // As in Kubernetes, what is wrong inside stands at another path.
    ...one.take(volume.gcePersistentDisk, path.child("gcePersistentDisk"), (disk) =>
      network.validateGceDisk(disk, path.child("persistentDisk")),
    ),
    ...one.take(volume.awsElasticBlockStore, path.child("awsElasticBlockStore"), network.validateAwsStore),
    ...one.take(volume.glusterfs, path.child("glusterfs"), validateGlusterfs),
    ...one.take(volume.flocker, path.child("flocker"), network.validateFlocker),
    ...one.take(volume.nfs, path.child("nfs"), validateNfs),
    ...one.take(volume.rbd, path.child("rbd"), network.validateRbd),
    ...one.take(volume.quobyte, path.child("quobyte"), network.validateQuobyte),
    ...one.take(volume.cephfs, path.child("cephFS"), (cephfs) => network.validateCephfs(cephfs, path.child("cephfs"))),
    ...one.take(volume.iscsi, path.child("iscsi"), (iscsi, at) => validateIscsi(iscsi, name, at)),
    ...one.take(volume.cinder, path.child("cinder"), ({ volumeID, secretRef }, at) => [
      ...nonEmpty(volumeID, at.child("volumeID")),
      ...namedSecret(secretRef, at.child("secretRef")),
    ]),
    ...one.take(volume.fc, path.child("fc"), network.validateFc),
    ...one.take(volume.flexVolume, path.child("flexVolume"), network.validateFlex),
    ...one.take(volume.azureFile, path.child("azureFile"), (file, at) => [
      ...network.validateAzureFile(file, at),
      ...(file.secretNamespace === undefined ? NONE : nonEmpty(file.secretNamespace, at.child("secretNamespace"))),
    ]),
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
    ...one.take(volume.scaleIO, path.child("scaleIO"), network.validateScaleio),
    ...one.take(volume.local, path.child("local"), ({ path: folder }, at) =>
      folder === "" ? [field.required(at.child("path"))] : noBacksteps(folder, at.child("path")),
    ),
    ...one.take(volume.storageos, path.child("storageos"), validateStorageos),
    ...one.take(volume.csi, path.child("csi"), validateCsi),
  ]
  return one.none ? [...errors, field.required(path, "must specify a volume type")] : errors
}

function namedSecret(secret: SecretReference | undefined, path: FieldPath): Errors {
  if (secret === undefined) return NONE
  return [...nonEmpty(secret.name, path.child("name")), ...nonEmpty(secret.namespace, path.child("namespace"))]
}

function validateGlusterfs(gluster: source.GlusterfsPersistentVolumeSource, path: FieldPath): Errors {
  const { endpointsNamespace: namespace } = gluster
  const at = path.child("endpointsNamespace")
  const why = "if the endpointnamespace is set, it must be a valid namespace name"
  return [
    ...network.validateGlusterfs(gluster, path),
    ...(namespace === undefined ? NONE : namespace === "" ? [field.invalid(at, "", why)] : label(namespace, at)),
  ]
}

const PORTAL_NAME_BYTES_MAX = 64

function validateIscsi(iscsi: source.ISCSIPersistentVolumeSource, name: string, path: FieldPath): Errors {
  const { initiatorName, targetPortal, secretRef } = iscsi
  const isLong = byteLength(`${name}:${targetPortal}`) > PORTAL_NAME_BYTES_MAX
  const why = `Total length of <volume name>:<iscsi.targetPortal> must be under ${PORTAL_NAME_BYTES_MAX} characters if iscsi.initiatorName is specified.`
  return [
    ...network.validateIscsi(iscsi, path),
    ...(initiatorName !== undefined && isLong ? [field.invalid(path.child("targetportal"), targetPortal, why)] : NONE),
    ...(secretRef === undefined ? NONE : nonEmpty(secretRef.name, path.child("secretRef").child("name"))),
  ]
}

function validateStorageos(storage: source.StorageOSPersistentVolumeSource, path: FieldPath): Errors {
  const { volumeName = "", volumeNamespace = "", secretRef } = storage
  const at = path.child("volumeName")
  return [
    ...(volumeName === "" ? [field.required(at)] : label(volumeName, at)),
    ...(volumeNamespace === "" ? NONE : label(volumeNamespace, path.child("volumeNamespace"))),
    ...namedSecret(secretRef, path.child("secretRef")),
  ]
}

const CSI_SECRETS = [
  "controllerPublishSecretRef",
  "controllerExpandSecretRef",
  "nodePublishSecretRef",
  "nodeExpandSecretRef",
] as const

function validateCsi(csi: source.CSIPersistentVolumeSource, path: FieldPath): Errors {
  return [
    ...csiDriverName(csi.driver, path.child("driver")),
    ...nonEmpty(csi.volumeHandle, path.child("volumeHandle")),
    ...CSI_SECRETS.flatMap((member) => validateSecret(csi[member], path.child(member))),
  ]
}

function validateSecret(secret: SecretReference | undefined, path: FieldPath): Errors {
  if (secret === undefined) return NONE
  const { name = "", namespace = "" } = secret
  const [nameAt, namespaceAt] = [path.child("name"), path.child("namespace")]
  return [
    ...(name === "" ? [field.required(nameAt)] : subdomain(name, nameAt)),
    ...(namespace === "" ? [field.required(namespaceAt)] : label(namespace, namespaceAt)),
  ]
}
