import { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { bool, inline, int32, list, map, message, quantity, string, struct } from "../../../machinery/schema/fields.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { defaultPullPolicy } from "./image-name.ts"
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFileVolumeSource,
  CephFSVolumeSource,
  CinderVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  GitRepoVolumeSource,
  GlusterfsVolumeSource,
  ISCSIVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  StorageOSVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from "./network-volumes.ts"
import { PersistentVolumeClaimSpec } from "./persistent-volume-claim-spec.ts"
import { KeyToPath, LocalObjectReference } from "./references.ts"
import { DownwardAPIVolumeFile, ProjectedVolumeSource } from "./volume-projection.ts"

export const HostPathVolumeSource = struct("io.k8s.api.core.v1.HostPathVolumeSource", {
  path: string(1, { doc: "", required: true }),
  type: string(2, { doc: "", default: "", pointer: true }),
})
export type HostPathVolumeSource = TypeOf<typeof HostPathVolumeSource>

export const EmptyDirVolumeSource = struct("io.k8s.api.core.v1.EmptyDirVolumeSource", {
  medium: string(1, { doc: "" }),
  sizeLimit: quantity(2, { doc: "" }),
})
export type EmptyDirVolumeSource = TypeOf<typeof EmptyDirVolumeSource>

export const SecretVolumeSource = struct("io.k8s.api.core.v1.SecretVolumeSource", {
  secretName: string(1, { doc: "" }),
  items: list(2, KeyToPath, { doc: "", listType: "atomic" }),
  defaultMode: int32(3, { doc: "", default: 0o644, pointer: true }),
  optional: bool(4, { doc: "", pointer: true }),
})
export type SecretVolumeSource = TypeOf<typeof SecretVolumeSource>

export const ConfigMapVolumeSource = struct("io.k8s.api.core.v1.ConfigMapVolumeSource", {
  localObjectReference: inline(1, LocalObjectReference),
  items: list(2, KeyToPath, { doc: "", listType: "atomic" }),
  defaultMode: int32(3, { doc: "", default: 0o644, pointer: true }),
  optional: bool(4, { doc: "", pointer: true }),
})
export type ConfigMapVolumeSource = TypeOf<typeof ConfigMapVolumeSource>

export const DownwardAPIVolumeSource = struct("io.k8s.api.core.v1.DownwardAPIVolumeSource", {
  items: list(1, DownwardAPIVolumeFile, { doc: "", listType: "atomic" }),
  defaultMode: int32(2, { doc: "", default: 0o644, pointer: true }),
})
export type DownwardAPIVolumeSource = TypeOf<typeof DownwardAPIVolumeSource>

export const PersistentVolumeClaimVolumeSource = struct("io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", {
  claimName: string(1, { doc: "", required: true }),
  readOnly: bool(2, { doc: "" }),
})
export type PersistentVolumeClaimVolumeSource = TypeOf<typeof PersistentVolumeClaimVolumeSource>

export const PersistentVolumeClaimTemplate = struct("io.k8s.api.core.v1.PersistentVolumeClaimTemplate", {
  metadata: message(1, ObjectMeta, { doc: "", always: true }),
  spec: message(2, PersistentVolumeClaimSpec, { doc: "", required: true }),
})
export type PersistentVolumeClaimTemplate = TypeOf<typeof PersistentVolumeClaimTemplate>

export const EphemeralVolumeSource = struct("io.k8s.api.core.v1.EphemeralVolumeSource", {
  volumeClaimTemplate: message(1, PersistentVolumeClaimTemplate, { doc: "" }),
})
export type EphemeralVolumeSource = TypeOf<typeof EphemeralVolumeSource>

export const CSIVolumeSource = struct("io.k8s.api.core.v1.CSIVolumeSource", {
  driver: string(1, { doc: "", required: true }),
  readOnly: bool(2, { doc: "", pointer: true }),
  fsType: string(3, { doc: "", pointer: true }),
  volumeAttributes: map(4, "string", { doc: "" }),
  nodePublishSecretRef: message(5, LocalObjectReference, { doc: "" }),
})
export type CSIVolumeSource = TypeOf<typeof CSIVolumeSource>

export const ImageVolumeSource = struct("io.k8s.api.core.v1.ImageVolumeSource", {
  reference: string(1, { doc: "" }),
  pullPolicy: string(2, { doc: "" }),
})
export type ImageVolumeSource = TypeOf<typeof ImageVolumeSource>

export const NFSVolumeSource = struct("io.k8s.api.core.v1.NFSVolumeSource", {
  server: string(1, { doc: "", required: true }),
  path: string(2, { doc: "", required: true }),
  readOnly: bool(3, { doc: "" }),
})
export type NFSVolumeSource = TypeOf<typeof NFSVolumeSource>

export const VolumeSource = struct("io.k8s.api.core.v1.VolumeSource", {
  hostPath: message(1, HostPathVolumeSource, { doc: "" }),
  emptyDir: message(2, EmptyDirVolumeSource, { doc: "" }),
  gcePersistentDisk: message(3, GCEPersistentDiskVolumeSource, { doc: "" }),
  awsElasticBlockStore: message(4, AWSElasticBlockStoreVolumeSource, { doc: "" }),
  gitRepo: message(5, GitRepoVolumeSource, { doc: "" }),
  secret: message(6, SecretVolumeSource, { doc: "" }),
  nfs: message(7, NFSVolumeSource, { doc: "" }),
  iscsi: message(8, ISCSIVolumeSource, { doc: "" }),
  glusterfs: message(9, GlusterfsVolumeSource, { doc: "" }),
  persistentVolumeClaim: message(10, PersistentVolumeClaimVolumeSource, { doc: "" }),
  rbd: message(11, RBDVolumeSource, { doc: "" }),
  flexVolume: message(12, FlexVolumeSource, { doc: "" }),
  cinder: message(13, CinderVolumeSource, { doc: "" }),
  cephfs: message(14, CephFSVolumeSource, { doc: "" }),
  flocker: message(15, FlockerVolumeSource, { doc: "" }),
  downwardAPI: message(16, DownwardAPIVolumeSource, { doc: "" }),
  fc: message(17, FCVolumeSource, { doc: "" }),
  azureFile: message(18, AzureFileVolumeSource, { doc: "" }),
  configMap: message(19, ConfigMapVolumeSource, { doc: "" }),
  vsphereVolume: message(20, VsphereVirtualDiskVolumeSource, { doc: "" }),
  quobyte: message(21, QuobyteVolumeSource, { doc: "" }),
  azureDisk: message(22, AzureDiskVolumeSource, { doc: "" }),
  photonPersistentDisk: message(23, PhotonPersistentDiskVolumeSource, { doc: "" }),
  projected: message(26, ProjectedVolumeSource, { doc: "" }),
  portworxVolume: message(24, PortworxVolumeSource, { doc: "" }),
  scaleIO: message(25, ScaleIOVolumeSource, { doc: "" }),
  storageos: message(27, StorageOSVolumeSource, { doc: "" }),
  csi: message(28, CSIVolumeSource, { doc: "" }),
  ephemeral: message(29, EphemeralVolumeSource, { doc: "" }),
  image: message(30, ImageVolumeSource, { doc: "" }),
})
export type VolumeSource = TypeOf<typeof VolumeSource>

export const Volume = struct(
  "io.k8s.api.core.v1.Volume",
  {
    name: string(1, { doc: "", required: true }),
    volumeSource: inline(2, VolumeSource),
  },
  { defaults: (volume) => defaultVolume(volume) },
)

/** A volume without a source is an empty directory. */
function defaultVolume(volume: Draft<{ readonly name: string } & VolumeSource>): void {
  if (Object.keys(volume).every((member) => member === "name")) volume.emptyDir = {}
  if (volume.image !== undefined) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference)
}
export type Volume = TypeOf<typeof Volume>
