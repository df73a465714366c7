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

export const GlusterfsPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.GlusterfsPersistentVolumeSource",
  {
    endpoints: string(1, { doc: "The Endpoints object with the servers' addresses.", required: true }),
    path: string(2, { doc: "The name of the Gluster volume.", required: true }),
    readOnly: bool(3, { doc: "Whether the volume is mounted for reading only. Default false." }),
    endpointsNamespace: string(4, {
      doc: "The namespace of the Endpoints object. Default: that of the claim.",
      pointer: true,
    }),
  },
  { doc: "A Gluster volume." },
)
export type GlusterfsPersistentVolumeSource = TypeOf<typeof GlusterfsPersistentVolumeSource>

export const RBDPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.RBDPersistentVolumeSource",
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
    secretRef: message(7, SecretReference, { doc: "A Secret with the user's key, instead of keyring." }),
    readOnly: bool(8, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A Ceph block device." },
)
export type RBDPersistentVolumeSource = TypeOf<typeof RBDPersistentVolumeSource>

export const ISCSIPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.ISCSIPersistentVolumeSource",
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
    secretRef: message(10, SecretReference, { doc: "A Secret with the names and passwords for CHAP." }),
    initiatorName: string(12, { doc: "The name that the node calls itself. Default: the node's own.", pointer: true }),
  },
  { doc: "A disk of an iSCSI target." },
)
export type ISCSIPersistentVolumeSource = TypeOf<typeof ISCSIPersistentVolumeSource>

export const CinderPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.CinderPersistentVolumeSource",
  {
    volumeID: string(1, { doc: "The id of the disk.", required: true }),
    fsType: string(2, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    readOnly: bool(3, { doc: "Whether the volume is mounted for reading only. Default false." }),
    secretRef: message(4, SecretReference, { doc: "A Secret with parameters for OpenStack." }),
  },
  { doc: "A disk of OpenStack." },
)
export type CinderPersistentVolumeSource = TypeOf<typeof CinderPersistentVolumeSource>

export const CephFSPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.CephFSPersistentVolumeSource",
  {
    monitors: list(1, "string", { doc: "The addresses of Ceph monitors.", required: true, listType: "atomic" }),
    path: string(2, { doc: "The folder to mount. Default: the root, /." }),
    user: string(3, { doc: "The user to log in as. Default admin." }),
    secretFile: string(4, { doc: "The file on the node with the user's key. Default /etc/ceph/user.secret." }),
    secretRef: message(5, SecretReference, { doc: "A Secret with the user's key, instead of secretFile." }),
    readOnly: bool(6, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A Ceph file system." },
)
export type CephFSPersistentVolumeSource = TypeOf<typeof CephFSPersistentVolumeSource>

export const FlexPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.FlexPersistentVolumeSource",
  {
    driver: string(1, { doc: "The name of the driver.", required: true }),
    fsType: string(2, { doc: "The type of the file system. Default: what the driver chooses." }),
    secretRef: message(3, SecretReference, { doc: "A Secret that is passed to the driver." }),
    readOnly: bool(4, { doc: "Whether the volume is mounted for reading only. Default false." }),
    options: map(5, "string", { doc: "Settings that only the driver understands." }),
  },
  { doc: "A volume of a FlexVolume driver." },
)
export type FlexPersistentVolumeSource = TypeOf<typeof FlexPersistentVolumeSource>

export const AzureFilePersistentVolumeSource = struct(
  "io.k8s.api.core.v1.AzureFilePersistentVolumeSource",
  {
    secretName: string(1, { doc: "A Secret with the storage account's name and key.", required: true }),
    shareName: string(2, { doc: "The name of the share.", required: true }),
    readOnly: bool(3, { doc: "Whether the volume is mounted for reading only. Default false." }),
    secretNamespace: string(4, { doc: "The namespace of the Secret. Default: that of the claim.", pointer: true }),
  },
  { doc: "A file share of Azure." },
)
export type AzureFilePersistentVolumeSource = TypeOf<typeof AzureFilePersistentVolumeSource>

export const ScaleIOPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource",
  {
    gateway: string(1, { doc: "The address of the API gateway.", required: true }),
    system: string(2, { doc: "The name of the storage system.", required: true }),
    secretRef: message(3, SecretReference, {
      doc: "A Secret with the user and password.",
      required: true,
      pointer: true,
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
export type ScaleIOPersistentVolumeSource = TypeOf<typeof ScaleIOPersistentVolumeSource>

export const LocalVolumeSource = struct(
  "io.k8s.api.core.v1.LocalVolumeSource",
  {
    path: string(1, { doc: "The path of the disk or folder on the node.", required: true }),
    fsType: string(2, {
      doc: "The type of the file system to make on an empty disk. Default: what the node chooses; ignored for folders.",
      pointer: true,
    }),
  },
  { doc: "A disk or folder of one node. The volume must say which node in nodeAffinity." },
)
export type LocalVolumeSource = TypeOf<typeof LocalVolumeSource>

export const StorageOSPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.StorageOSPersistentVolumeSource",
  {
    volumeName: string(1, { doc: "The name of the volume." }),
    volumeNamespace: string(2, { doc: "The volume's namespace in StorageOS. Default: the namespace of the claim." }),
    fsType: string(3, { doc: "The type of the file system on the volume, such as ext4 or xfs. Default: ext4." }),
    readOnly: bool(4, { doc: "Whether the volume is mounted for reading only. Default false." }),
    secretRef: message(5, ObjectReference, { doc: "A Secret with what the StorageOS API needs." }),
  },
  { doc: "A StorageOS volume." },
)
export type StorageOSPersistentVolumeSource = TypeOf<typeof StorageOSPersistentVolumeSource>

export const CSIPersistentVolumeSource = struct(
  "io.k8s.api.core.v1.CSIPersistentVolumeSource",
  {
    driver: string(1, { doc: "The name of the driver, as its CSIDriver object has it.", required: true }),
    volumeHandle: string(2, { doc: "The driver's own id of the volume.", required: true }),
    readOnly: bool(3, { doc: "Whether the volume is mounted for reading only. Default false." }),
    fsType: string(4, { doc: "The type of the file system, such as ext4 or xfs. Default: what the driver chooses." }),
    volumeAttributes: map(5, "string", { doc: "Settings that only the driver understands." }),
    controllerPublishSecretRef: message(6, SecretReference, {
      doc: "A Secret for the driver when the volume is attached to or detached from a node.",
    }),
    nodeStageSecretRef: message(7, SecretReference, {
      doc: "A Secret for the driver when a node prepares the volume.",
    }),
    nodePublishSecretRef: message(8, SecretReference, {
      doc: "A Secret for the driver when the volume is mounted for a pod.",
    }),
    controllerExpandSecretRef: message(9, SecretReference, {
      doc: "A Secret for the driver when the volume is enlarged.",
    }),
    nodeExpandSecretRef: message(10, SecretReference, {
      doc: "A Secret for the driver when a node enlarges the file system.",
    }),
  },
  { doc: "A volume of a CSI driver." },
)
export type CSIPersistentVolumeSource = TypeOf<typeof CSIPersistentVolumeSource>

export const PersistentVolumeSource = struct(
  "io.k8s.api.core.v1.PersistentVolumeSource",
  {
    gcePersistentDisk: message(1, GCEPersistentDiskVolumeSource, {
      doc: "A disk of Google Cloud. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    awsElasticBlockStore: message(2, AWSElasticBlockStoreVolumeSource, {
      doc: "A disk of Amazon EC2. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    hostPath: message(3, HostPathVolumeSource, {
      doc: "A folder of the node, for tests on a single node only. Use local elsewhere.",
    }),
    glusterfs: message(4, GlusterfsPersistentVolumeSource, { doc: "A Gluster volume. No longer served." }),
    nfs: message(5, NFSVolumeSource, { doc: "A folder of an NFS server." }),
    rbd: message(6, RBDPersistentVolumeSource, { doc: "A Ceph block device. No longer served; use the CSI driver." }),
    iscsi: message(7, ISCSIPersistentVolumeSource, { doc: "A disk of an iSCSI target." }),
    cinder: message(8, CinderPersistentVolumeSource, {
      doc: "A disk of OpenStack. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    cephfs: message(9, CephFSPersistentVolumeSource, {
      doc: "A Ceph file system. No longer served; use the CSI driver.",
    }),
    fc: message(10, FCVolumeSource, { doc: "A disk that is reached over Fibre Channel." }),
    flocker: message(11, FlockerVolumeSource, { doc: "A Flocker dataset. No longer served." }),
    flexVolume: message(12, FlexPersistentVolumeSource, {
      doc: "A volume of a FlexVolume driver, an older form of plug-in. Use a CSI driver.",
    }),
    azureFile: message(13, AzureFilePersistentVolumeSource, {
      doc: "A file share of Azure. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    vsphereVolume: message(14, VsphereVirtualDiskVolumeSource, {
      doc: "A disk of vSphere. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    quobyte: message(15, QuobyteVolumeSource, { doc: "A Quobyte volume. No longer served." }),
    azureDisk: message(16, AzureDiskVolumeSource, {
      doc: "A disk of Azure. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    photonPersistentDisk: message(17, PhotonPersistentDiskVolumeSource, { doc: "A Photon disk. No longer served." }),
    portworxVolume: message(18, PortworxVolumeSource, {
      doc: "A Portworx volume. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    scaleIO: message(19, ScaleIOPersistentVolumeSource, { doc: "A ScaleIO volume. No longer served." }),
    local: message(20, LocalVolumeSource, { doc: "A disk or folder of one node." }),
    storageos: message(21, StorageOSPersistentVolumeSource, { doc: "A StorageOS volume. No longer served." }),
    csi: message(22, CSIPersistentVolumeSource, { doc: "A volume of a CSI driver." }),
  },
  { doc: "Where a volume comes from. Exactly one source must be set." },
)
export type PersistentVolumeSource = TypeOf<typeof PersistentVolumeSource>
