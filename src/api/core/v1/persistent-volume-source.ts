import { bool, int32, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from "./network-volumes.ts"
import { ObjectReference, SecretReference } from "./references.ts"
import { HostPathVolumeSource, NFSVolumeSource } from "./volume.ts"

export const GlusterfsPersistentVolumeSource = struct("io.k8s.api.core.v1.GlusterfsPersistentVolumeSource", {
  endpoints: string(1, { doc: "", required: true }),
  path: string(2, { doc: "", required: true }),
  readOnly: bool(3, { doc: "" }),
  endpointsNamespace: string(4, { doc: "", pointer: true }),
})
export type GlusterfsPersistentVolumeSource = TypeOf<typeof GlusterfsPersistentVolumeSource>

export const RBDPersistentVolumeSource = struct("io.k8s.api.core.v1.RBDPersistentVolumeSource", {
  monitors: list(1, "string", { doc: "", required: true, listType: "atomic" }),
  image: string(2, { doc: "", required: true }),
  fsType: string(3, { doc: "" }),
  pool: string(4, { doc: "" }),
  user: string(5, { doc: "" }),
  keyring: string(6, { doc: "" }),
  secretRef: message(7, SecretReference, { doc: "" }),
  readOnly: bool(8, { doc: "" }),
})
export type RBDPersistentVolumeSource = TypeOf<typeof RBDPersistentVolumeSource>

export const ISCSIPersistentVolumeSource = struct("io.k8s.api.core.v1.ISCSIPersistentVolumeSource", {
  targetPortal: string(1, { doc: "", required: true }),
  iqn: string(2, { doc: "", required: true }),
  lun: int32(3, { doc: "", required: true }),
  iscsiInterface: string(4, { doc: "" }),
  fsType: string(5, { doc: "" }),
  readOnly: bool(6, { doc: "" }),
  portals: list(7, "string", { doc: "", listType: "atomic" }),
  chapAuthDiscovery: bool(8, { doc: "" }),
  chapAuthSession: bool(11, { doc: "" }),
  secretRef: message(10, SecretReference, { doc: "" }),
  initiatorName: string(12, { doc: "", pointer: true }),
})
export type ISCSIPersistentVolumeSource = TypeOf<typeof ISCSIPersistentVolumeSource>

export const CinderPersistentVolumeSource = struct("io.k8s.api.core.v1.CinderPersistentVolumeSource", {
  volumeID: string(1, { doc: "", required: true }),
  fsType: string(2, { doc: "" }),
  readOnly: bool(3, { doc: "" }),
  secretRef: message(4, SecretReference, { doc: "" }),
})
export type CinderPersistentVolumeSource = TypeOf<typeof CinderPersistentVolumeSource>

export const CephFSPersistentVolumeSource = struct("io.k8s.api.core.v1.CephFSPersistentVolumeSource", {
  monitors: list(1, "string", { doc: "", required: true, listType: "atomic" }),
  path: string(2, { doc: "" }),
  user: string(3, { doc: "" }),
  secretFile: string(4, { doc: "" }),
  secretRef: message(5, SecretReference, { doc: "" }),
  readOnly: bool(6, { doc: "" }),
})
export type CephFSPersistentVolumeSource = TypeOf<typeof CephFSPersistentVolumeSource>

export const FlexPersistentVolumeSource = struct("io.k8s.api.core.v1.FlexPersistentVolumeSource", {
  driver: string(1, { doc: "", required: true }),
  fsType: string(2, { doc: "" }),
  secretRef: message(3, SecretReference, { doc: "" }),
  readOnly: bool(4, { doc: "" }),
  options: map(5, "string", { doc: "" }),
})
export type FlexPersistentVolumeSource = TypeOf<typeof FlexPersistentVolumeSource>

export const AzureFilePersistentVolumeSource = struct("io.k8s.api.core.v1.AzureFilePersistentVolumeSource", {
  secretName: string(1, { doc: "", required: true }),
  shareName: string(2, { doc: "", required: true }),
  readOnly: bool(3, { doc: "" }),
  secretNamespace: string(4, { doc: "", pointer: true }),
})
export type AzureFilePersistentVolumeSource = TypeOf<typeof AzureFilePersistentVolumeSource>

export const ScaleIOPersistentVolumeSource = struct("io.k8s.api.core.v1.ScaleIOPersistentVolumeSource", {
  gateway: string(1, { doc: "", required: true }),
  system: string(2, { doc: "", required: true }),
  secretRef: message(3, SecretReference, { doc: "", required: true, pointer: true }),
  sslEnabled: bool(4, { doc: "" }),
  protectionDomain: string(5, { doc: "" }),
  storagePool: string(6, { doc: "" }),
  storageMode: string(7, { doc: "" }),
  volumeName: string(8, { doc: "" }),
  fsType: string(9, { doc: "" }),
  readOnly: bool(10, { doc: "" }),
})
export type ScaleIOPersistentVolumeSource = TypeOf<typeof ScaleIOPersistentVolumeSource>

export const LocalVolumeSource = struct("io.k8s.api.core.v1.LocalVolumeSource", {
  path: string(1, { doc: "", required: true }),
  fsType: string(2, { doc: "", pointer: true }),
})
export type LocalVolumeSource = TypeOf<typeof LocalVolumeSource>

export const StorageOSPersistentVolumeSource = struct("io.k8s.api.core.v1.StorageOSPersistentVolumeSource", {
  volumeName: string(1, { doc: "" }),
  volumeNamespace: string(2, { doc: "" }),
  fsType: string(3, { doc: "" }),
  readOnly: bool(4, { doc: "" }),
  secretRef: message(5, ObjectReference, { doc: "" }),
})
export type StorageOSPersistentVolumeSource = TypeOf<typeof StorageOSPersistentVolumeSource>

export const CSIPersistentVolumeSource = struct("io.k8s.api.core.v1.CSIPersistentVolumeSource", {
  driver: string(1, { doc: "", required: true }),
  volumeHandle: string(2, { doc: "", required: true }),
  readOnly: bool(3, { doc: "" }),
  fsType: string(4, { doc: "" }),
  volumeAttributes: map(5, "string", { doc: "" }),
  controllerPublishSecretRef: message(6, SecretReference, { doc: "" }),
  nodeStageSecretRef: message(7, SecretReference, { doc: "" }),
  nodePublishSecretRef: message(8, SecretReference, { doc: "" }),
  controllerExpandSecretRef: message(9, SecretReference, { doc: "" }),
  nodeExpandSecretRef: message(10, SecretReference, { doc: "" }),
})
export type CSIPersistentVolumeSource = TypeOf<typeof CSIPersistentVolumeSource>

export const PersistentVolumeSource = struct("io.k8s.api.core.v1.PersistentVolumeSource", {
  gcePersistentDisk: message(1, GCEPersistentDiskVolumeSource, { doc: "" }),
  awsElasticBlockStore: message(2, AWSElasticBlockStoreVolumeSource, { doc: "" }),
  hostPath: message(3, HostPathVolumeSource, { doc: "" }),
  glusterfs: message(4, GlusterfsPersistentVolumeSource, { doc: "" }),
  nfs: message(5, NFSVolumeSource, { doc: "" }),
  rbd: message(6, RBDPersistentVolumeSource, { doc: "" }),
  iscsi: message(7, ISCSIPersistentVolumeSource, { doc: "" }),
  cinder: message(8, CinderPersistentVolumeSource, { doc: "" }),
  cephfs: message(9, CephFSPersistentVolumeSource, { doc: "" }),
  fc: message(10, FCVolumeSource, { doc: "" }),
  flocker: message(11, FlockerVolumeSource, { doc: "" }),
  flexVolume: message(12, FlexPersistentVolumeSource, { doc: "" }),
  azureFile: message(13, AzureFilePersistentVolumeSource, { doc: "" }),
  vsphereVolume: message(14, VsphereVirtualDiskVolumeSource, { doc: "" }),
  quobyte: message(15, QuobyteVolumeSource, { doc: "" }),
  azureDisk: message(16, AzureDiskVolumeSource, { doc: "" }),
  photonPersistentDisk: message(17, PhotonPersistentDiskVolumeSource, { doc: "" }),
  portworxVolume: message(18, PortworxVolumeSource, { doc: "" }),
  scaleIO: message(19, ScaleIOPersistentVolumeSource, { doc: "" }),
  local: message(20, LocalVolumeSource, { doc: "" }),
  storageos: message(21, StorageOSPersistentVolumeSource, { doc: "" }),
  csi: message(22, CSIPersistentVolumeSource, { doc: "" }),
})
export type PersistentVolumeSource = TypeOf<typeof PersistentVolumeSource>
