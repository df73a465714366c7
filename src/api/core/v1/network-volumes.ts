import { bool, int32, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { LocalObjectReference } from "./references.ts"

export const GCEPersistentDiskVolumeSource = struct("io.k8s.api.core.v1.GCEPersistentDiskVolumeSource", {
  pdName: string(1, { doc: "", required: true }),
  fsType: string(2, { doc: "" }),
  partition: int32(3, { doc: "" }),
  readOnly: bool(4, { doc: "" }),
})
export type GCEPersistentDiskVolumeSource = TypeOf<typeof GCEPersistentDiskVolumeSource>

export const AWSElasticBlockStoreVolumeSource = struct("io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource", {
  volumeID: string(1, { doc: "", required: true }),
  fsType: string(2, { doc: "" }),
  partition: int32(3, { doc: "" }),
  readOnly: bool(4, { doc: "" }),
})
export type AWSElasticBlockStoreVolumeSource = TypeOf<typeof AWSElasticBlockStoreVolumeSource>

export const GitRepoVolumeSource = struct("io.k8s.api.core.v1.GitRepoVolumeSource", {
  repository: string(1, { doc: "", required: true }),
  revision: string(2, { doc: "" }),
  directory: string(3, { doc: "" }),
})
export type GitRepoVolumeSource = TypeOf<typeof GitRepoVolumeSource>

export const ISCSIVolumeSource = struct("io.k8s.api.core.v1.ISCSIVolumeSource", {
  targetPortal: string(1, { doc: "", required: true }),
  iqn: string(2, { doc: "", required: true }),
  lun: int32(3, { doc: "", required: true }),
  iscsiInterface: string(4, { doc: "", default: "default" }),
  fsType: string(5, { doc: "" }),
  readOnly: bool(6, { doc: "" }),
  portals: list(7, "string", { doc: "", listType: "atomic" }),
  chapAuthDiscovery: bool(8, { doc: "" }),
  chapAuthSession: bool(11, { doc: "" }),
  secretRef: message(10, LocalObjectReference, { doc: "" }),
  initiatorName: string(12, { doc: "", pointer: true }),
})
export type ISCSIVolumeSource = TypeOf<typeof ISCSIVolumeSource>

export const GlusterfsVolumeSource = struct("io.k8s.api.core.v1.GlusterfsVolumeSource", {
  endpoints: string(1, { doc: "", required: true }),
  path: string(2, { doc: "", required: true }),
  readOnly: bool(3, { doc: "" }),
})
export type GlusterfsVolumeSource = TypeOf<typeof GlusterfsVolumeSource>

export const RBDVolumeSource = struct("io.k8s.api.core.v1.RBDVolumeSource", {
  monitors: list(1, "string", { doc: "", required: true, listType: "atomic" }),
  image: string(2, { doc: "", required: true }),
  fsType: string(3, { doc: "" }),
  pool: string(4, { doc: "", default: "rbd" }),
  user: string(5, { doc: "", default: "admin" }),
  keyring: string(6, { doc: "", default: "/etc/ceph/keyring" }),
  secretRef: message(7, LocalObjectReference, { doc: "" }),
  readOnly: bool(8, { doc: "" }),
})
export type RBDVolumeSource = TypeOf<typeof RBDVolumeSource>

export const FlexVolumeSource = struct("io.k8s.api.core.v1.FlexVolumeSource", {
  driver: string(1, { doc: "", required: true }),
  fsType: string(2, { doc: "" }),
  secretRef: message(3, LocalObjectReference, { doc: "" }),
  readOnly: bool(4, { doc: "" }),
  options: map(5, "string", { doc: "" }),
})
export type FlexVolumeSource = TypeOf<typeof FlexVolumeSource>

export const CinderVolumeSource = struct("io.k8s.api.core.v1.CinderVolumeSource", {
  volumeID: string(1, { doc: "", required: true }),
  fsType: string(2, { doc: "" }),
  readOnly: bool(3, { doc: "" }),
  secretRef: message(4, LocalObjectReference, { doc: "" }),
})
export type CinderVolumeSource = TypeOf<typeof CinderVolumeSource>

export const CephFSVolumeSource = struct("io.k8s.api.core.v1.CephFSVolumeSource", {
  monitors: list(1, "string", { doc: "", required: true, listType: "atomic" }),
  path: string(2, { doc: "" }),
  user: string(3, { doc: "" }),
  secretFile: string(4, { doc: "" }),
  secretRef: message(5, LocalObjectReference, { doc: "" }),
  readOnly: bool(6, { doc: "" }),
})
export type CephFSVolumeSource = TypeOf<typeof CephFSVolumeSource>

export const FlockerVolumeSource = struct("io.k8s.api.core.v1.FlockerVolumeSource", {
  datasetName: string(1, { doc: "" }),
  datasetUUID: string(2, { doc: "" }),
})
export type FlockerVolumeSource = TypeOf<typeof FlockerVolumeSource>

export const FCVolumeSource = struct("io.k8s.api.core.v1.FCVolumeSource", {
  targetWWNs: list(1, "string", { doc: "", listType: "atomic" }),
  lun: int32(2, { doc: "", pointer: true }),
  fsType: string(3, { doc: "" }),
  readOnly: bool(4, { doc: "" }),
  wwids: list(5, "string", { doc: "", listType: "atomic" }),
})
export type FCVolumeSource = TypeOf<typeof FCVolumeSource>

export const AzureFileVolumeSource = struct("io.k8s.api.core.v1.AzureFileVolumeSource", {
  secretName: string(1, { doc: "", required: true }),
  shareName: string(2, { doc: "", required: true }),
  readOnly: bool(3, { doc: "" }),
})
export type AzureFileVolumeSource = TypeOf<typeof AzureFileVolumeSource>

export const AzureDiskVolumeSource = struct("io.k8s.api.core.v1.AzureDiskVolumeSource", {
  diskName: string(1, { doc: "", required: true }),
  diskURI: string(2, { doc: "", required: true }),
  cachingMode: string(3, { doc: "", default: "ReadWrite", pointer: true }),
  fsType: string(4, { doc: "", default: "ext4", pointer: true }),
  readOnly: bool(5, { doc: "", default: false, pointer: true }),
  kind: string(6, { doc: "", default: "Shared", pointer: true }),
})
export type AzureDiskVolumeSource = TypeOf<typeof AzureDiskVolumeSource>

export const VsphereVirtualDiskVolumeSource = struct("io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource", {
  volumePath: string(1, { doc: "", required: true }),
  fsType: string(2, { doc: "" }),
  storagePolicyName: string(3, { doc: "" }),
  storagePolicyID: string(4, { doc: "" }),
})
export type VsphereVirtualDiskVolumeSource = TypeOf<typeof VsphereVirtualDiskVolumeSource>

export const QuobyteVolumeSource = struct("io.k8s.api.core.v1.QuobyteVolumeSource", {
  registry: string(1, { doc: "", required: true }),
  volume: string(2, { doc: "", required: true }),
  readOnly: bool(3, { doc: "" }),
  user: string(4, { doc: "" }),
  group: string(5, { doc: "" }),
  tenant: string(6, { doc: "" }),
})
export type QuobyteVolumeSource = TypeOf<typeof QuobyteVolumeSource>

export const PortworxVolumeSource = struct("io.k8s.api.core.v1.PortworxVolumeSource", {
  volumeID: string(1, { doc: "", required: true }),
  fsType: string(2, { doc: "" }),
  readOnly: bool(3, { doc: "" }),
})
export type PortworxVolumeSource = TypeOf<typeof PortworxVolumeSource>

export const ScaleIOVolumeSource = struct("io.k8s.api.core.v1.ScaleIOVolumeSource", {
  gateway: string(1, { doc: "", required: true }),
  system: string(2, { doc: "", required: true }),
  secretRef: message(3, LocalObjectReference, { doc: "", required: true }),
  sslEnabled: bool(4, { doc: "" }),
  protectionDomain: string(5, { doc: "" }),
  storagePool: string(6, { doc: "" }),
  storageMode: string(7, { doc: "", default: "ThinProvisioned" }),
  volumeName: string(8, { doc: "" }),
  fsType: string(9, { doc: "", default: "xfs" }),
  readOnly: bool(10, { doc: "" }),
})
export type ScaleIOVolumeSource = TypeOf<typeof ScaleIOVolumeSource>

export const StorageOSVolumeSource = struct("io.k8s.api.core.v1.StorageOSVolumeSource", {
  volumeName: string(1, { doc: "" }),
  volumeNamespace: string(2, { doc: "" }),
  fsType: string(3, { doc: "" }),
  readOnly: bool(4, { doc: "" }),
  secretRef: message(5, LocalObjectReference, { doc: "" }),
})
export type StorageOSVolumeSource = TypeOf<typeof StorageOSVolumeSource>

export const PhotonPersistentDiskVolumeSource = struct("io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource", {
  pdID: string(1, { doc: "", required: true }),
  fsType: string(2, { doc: "" }),
})
export type PhotonPersistentDiskVolumeSource = TypeOf<typeof PhotonPersistentDiskVolumeSource>
