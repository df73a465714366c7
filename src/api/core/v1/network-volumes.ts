import { bool, int32, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { LocalObjectReference } from "./references.ts"

export const GCEPersistentDiskVolumeSource = struct(
  "io.k8s.api.core.v1.GCEPersistentDiskVolumeSource",
  {
    pdName: string(1, { doc: "The name of the disk.", required: true }),
    fsType: string(2, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    partition: int32(3, { doc: "The partition to mount, counted from 1. Default 0: the whole disk." }),
    readOnly: bool(4, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A disk of Google Cloud." },
)
export type GCEPersistentDiskVolumeSource = TypeOf<typeof GCEPersistentDiskVolumeSource>

export const AWSElasticBlockStoreVolumeSource = struct(
  "io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource",
  {
    volumeID: string(1, { doc: "The id of the disk.", required: true }),
    fsType: string(2, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    partition: int32(3, { doc: "The partition to mount, counted from 1. Default 0: the whole disk." }),
    readOnly: bool(4, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A disk of Amazon EC2." },
)
export type AWSElasticBlockStoreVolumeSource = TypeOf<typeof AWSElasticBlockStoreVolumeSource>

export const GitRepoVolumeSource = struct(
  "io.k8s.api.core.v1.GitRepoVolumeSource",
  {
    repository: string(1, { doc: "The URL of the repository.", required: true }),
    revision: string(2, { doc: "The commit to check out." }),
    directory: string(3, {
      doc: "The folder to clone into, relative to the mount; with . the files stand in the mount itself. It may not contain .. parts.",
    }),
  },
  { doc: "A clone of a git repository." },
)
export type GitRepoVolumeSource = TypeOf<typeof GitRepoVolumeSource>

export const ISCSIVolumeSource = struct(
  "io.k8s.api.core.v1.ISCSIVolumeSource",
  {
    targetPortal: string(1, { doc: "The target's address, with the port if it is not 3260.", required: true }),
    iqn: string(2, { doc: "The name of the target.", required: true }),
    lun: int32(3, { doc: "The number of the disk at the target.", required: true }),
    iscsiInterface: string(4, {
      doc: "The interface through which it is reached. Default: default, which is TCP.",
      default: "default",
    }),
    fsType: string(5, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    readOnly: bool(6, { doc: "Whether the volume is mounted for reading only. Default false." }),
    portals: list(7, "string", {
      doc: "Further addresses of the target, for more than one path to it.",
      listType: "atomic",
    }),
    chapAuthDiscovery: bool(8, { doc: "Whether CHAP is used when targets are looked for. Default false." }),
    chapAuthSession: bool(11, { doc: "Whether CHAP is used for the session. Default false." }),
    secretRef: message(10, LocalObjectReference, {
      doc: "A Secret in the pod's namespace with the names and passwords for CHAP.",
    }),
    initiatorName: string(12, { doc: "The name that the node calls itself. Default: the node's own.", pointer: true }),
  },
  { doc: "A disk of an iSCSI target." },
)
export type ISCSIVolumeSource = TypeOf<typeof ISCSIVolumeSource>

export const GlusterfsVolumeSource = struct(
  "io.k8s.api.core.v1.GlusterfsVolumeSource",
  {
    endpoints: string(1, { doc: "The Endpoints object with the servers' addresses.", required: true }),
    path: string(2, { doc: "The name of the Gluster volume.", required: true }),
    readOnly: bool(3, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A Gluster volume." },
)
export type GlusterfsVolumeSource = TypeOf<typeof GlusterfsVolumeSource>

export const RBDVolumeSource = struct(
  "io.k8s.api.core.v1.RBDVolumeSource",
  {
    monitors: list(1, "string", { doc: "The addresses of Ceph monitors.", required: true, listType: "atomic" }),
    image: string(2, { doc: "The name of the image.", required: true }),
    fsType: string(3, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    pool: string(4, { doc: "The pool that has the image. Default rbd.", default: "rbd" }),
    user: string(5, { doc: "The user to log in as. Default admin.", default: "admin" }),
    keyring: string(6, {
      doc: "The file on the node with the user's key. Default /etc/ceph/keyring.",
      default: "/etc/ceph/keyring",
    }),
    secretRef: message(7, LocalObjectReference, {
      doc: "A Secret in the pod's namespace with the user's key, instead of keyring.",
    }),
    readOnly: bool(8, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A Ceph block device." },
)
export type RBDVolumeSource = TypeOf<typeof RBDVolumeSource>

export const FlexVolumeSource = struct(
  "io.k8s.api.core.v1.FlexVolumeSource",
  {
    driver: string(1, { doc: "The name of the driver.", required: true }),
    fsType: string(2, { doc: "The type of the file system. Default: what the driver chooses." }),
    secretRef: message(3, LocalObjectReference, {
      doc: "A Secret in the pod's namespace that is passed to the driver.",
    }),
    readOnly: bool(4, { doc: "Whether the volume is mounted for reading only. Default false." }),
    options: map(5, "string", { doc: "Settings that only the driver understands." }),
  },
  { doc: "A volume of a FlexVolume driver." },
)
export type FlexVolumeSource = TypeOf<typeof FlexVolumeSource>

export const CinderVolumeSource = struct(
  "io.k8s.api.core.v1.CinderVolumeSource",
  {
    volumeID: string(1, { doc: "The id of the disk.", required: true }),
    fsType: string(2, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    readOnly: bool(3, { doc: "Whether the volume is mounted for reading only. Default false." }),
    secretRef: message(4, LocalObjectReference, {
      doc: "A Secret in the pod's namespace with parameters for OpenStack.",
    }),
  },
  { doc: "A disk of OpenStack." },
)
export type CinderVolumeSource = TypeOf<typeof CinderVolumeSource>

export const CephFSVolumeSource = struct(
  "io.k8s.api.core.v1.CephFSVolumeSource",
  {
    monitors: list(1, "string", { doc: "The addresses of Ceph monitors.", required: true, listType: "atomic" }),
    path: string(2, { doc: "The folder to mount. Default: the root, /." }),
    user: string(3, { doc: "The user to log in as. Default admin." }),
    secretFile: string(4, { doc: "The file on the node with the user's key. Default /etc/ceph/user.secret." }),
    secretRef: message(5, LocalObjectReference, {
      doc: "A Secret in the pod's namespace with the user's key, instead of secretFile.",
    }),
    readOnly: bool(6, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A Ceph file system." },
)
export type CephFSVolumeSource = TypeOf<typeof CephFSVolumeSource>

export const FlockerVolumeSource = struct(
  "io.k8s.api.core.v1.FlockerVolumeSource",
  {
    datasetName: string(1, { doc: "The name of the dataset." }),
    datasetUUID: string(2, { doc: "The UUID of the dataset." }),
  },
  { doc: "A Flocker dataset. Either name or UUID is set." },
)
export type FlockerVolumeSource = TypeOf<typeof FlockerVolumeSource>

export const FCVolumeSource = struct(
  "io.k8s.api.core.v1.FCVolumeSource",
  {
    targetWWNs: list(1, "string", { doc: "The world wide names of the targets.", listType: "atomic" }),
    lun: int32(2, { doc: "The number of the disk at the targets.", pointer: true }),
    fsType: string(3, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    readOnly: bool(4, { doc: "Whether the volume is mounted for reading only. Default false." }),
    wwids: list(5, "string", { doc: "The world wide identifiers of the disk.", listType: "atomic" }),
  },
  { doc: "A disk that is reached over Fibre Channel. Either targetWWNs and lun or wwids are set." },
)
export type FCVolumeSource = TypeOf<typeof FCVolumeSource>

export const AzureFileVolumeSource = struct(
  "io.k8s.api.core.v1.AzureFileVolumeSource",
  {
    secretName: string(1, {
      doc: "A Secret in the pod's namespace with the storage account's name and key.",
      required: true,
    }),
    shareName: string(2, { doc: "The name of the share.", required: true }),
    readOnly: bool(3, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A file share of Azure." },
)
export type AzureFileVolumeSource = TypeOf<typeof AzureFileVolumeSource>

export const AzureDiskVolumeSource = struct(
  "io.k8s.api.core.v1.AzureDiskVolumeSource",
  {
    diskName: string(1, { doc: "The name of the disk.", required: true }),
    diskURI: string(2, { doc: "The URI of the disk.", required: true }),
    cachingMode: string(3, {
      doc: "How the host caches: None, ReadOnly or ReadWrite. Default ReadWrite.",
      default: "ReadWrite",
      pointer: true,
    }),
    fsType: string(4, {
      doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4.",
      default: "ext4",
      pointer: true,
    }),
    readOnly: bool(5, {
      doc: "Whether the volume is mounted for reading only. Default false.",
      default: false,
      pointer: true,
    }),
    kind: string(6, {
      doc: "How the disk is stored: Shared, Dedicated or Managed. Default Shared.",
      default: "Shared",
      pointer: true,
    }),
  },
  { doc: "A disk of Azure." },
)
export type AzureDiskVolumeSource = TypeOf<typeof AzureDiskVolumeSource>

export const VsphereVirtualDiskVolumeSource = struct(
  "io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource",
  {
    volumePath: string(1, { doc: "The path of the disk's file.", required: true }),
    fsType: string(2, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    storagePolicyName: string(3, { doc: "The name of its storage policy." }),
    storagePolicyID: string(4, { doc: "The id of the storage policy that goes with storagePolicyName." }),
  },
  { doc: "A disk of vSphere." },
)
export type VsphereVirtualDiskVolumeSource = TypeOf<typeof VsphereVirtualDiskVolumeSource>

export const QuobyteVolumeSource = struct(
  "io.k8s.api.core.v1.QuobyteVolumeSource",
  {
    registry: string(1, { doc: "The registries' addresses, as host:port, separated by commas.", required: true }),
    volume: string(2, { doc: "The name of the volume.", required: true }),
    readOnly: bool(3, { doc: "Whether the volume is mounted for reading only. Default false." }),
    user: string(4, { doc: "The user that has access. Default: the user of the service account." }),
    group: string(5, { doc: "The group that has access. Default: none." }),
    tenant: string(6, { doc: "The tenant that owns the volume." }),
  },
  { doc: "A Quobyte volume." },
)
export type QuobyteVolumeSource = TypeOf<typeof QuobyteVolumeSource>

export const PortworxVolumeSource = struct(
  "io.k8s.api.core.v1.PortworxVolumeSource",
  {
    volumeID: string(1, { doc: "The id of the volume.", required: true }),
    fsType: string(2, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    readOnly: bool(3, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A Portworx volume." },
)
export type PortworxVolumeSource = TypeOf<typeof PortworxVolumeSource>

export const ScaleIOVolumeSource = struct(
  "io.k8s.api.core.v1.ScaleIOVolumeSource",
  {
    gateway: string(1, { doc: "The address of the API gateway.", required: true }),
    system: string(2, { doc: "The name of the storage system.", required: true }),
    secretRef: message(3, LocalObjectReference, {
      doc: "A Secret in the pod's namespace with the user and password.",
      required: true,
    }),
    sslEnabled: bool(4, { doc: "Whether the gateway is reached over TLS. Default false." }),
    protectionDomain: string(5, { doc: "The protection domain of the storage." }),
    storagePool: string(6, { doc: "The storage pool in that domain." }),
    storageMode: string(7, {
      doc: "ThickProvisioned or ThinProvisioned. Default ThinProvisioned.",
      default: "ThinProvisioned",
    }),
    volumeName: string(8, { doc: "The name of an existing volume." }),
    fsType: string(9, { doc: "The type of the file system on the volume. Default xfs.", default: "xfs" }),
    readOnly: bool(10, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A ScaleIO volume." },
)
export type ScaleIOVolumeSource = TypeOf<typeof ScaleIOVolumeSource>

export const StorageOSVolumeSource = struct(
  "io.k8s.api.core.v1.StorageOSVolumeSource",
  {
    volumeName: string(1, { doc: "The name of the volume." }),
    volumeNamespace: string(2, { doc: "The volume's namespace in StorageOS. Default: the pod's namespace." }),
    fsType: string(3, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    readOnly: bool(4, { doc: "Whether the volume is mounted for reading only. Default false." }),
    secretRef: message(5, LocalObjectReference, {
      doc: "A Secret in the pod's namespace with what the StorageOS API needs.",
    }),
  },
  { doc: "A StorageOS volume." },
)
export type StorageOSVolumeSource = TypeOf<typeof StorageOSVolumeSource>

export const PhotonPersistentDiskVolumeSource = struct(
  "io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource",
  {
    pdID: string(1, { doc: "The id of the disk.", required: true }),
    fsType: string(2, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
  },
  { doc: "A Photon disk." },
)
export type PhotonPersistentDiskVolumeSource = TypeOf<typeof PhotonPersistentDiskVolumeSource>
