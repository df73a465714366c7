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

export const HostPathVolumeSource = struct(
  "io.k8s.api.core.v1.HostPathVolumeSource",
  {
    path: string(1, { doc: "The path on the node. It may not contain .. parts.", required: true }),
    type: string(2, {
      doc: "What must be there: Directory, File, Socket, CharDevice or BlockDevice; DirectoryOrCreate and FileOrCreate make what is missing. Default: empty, no check.",
      default: "",
      pointer: true,
    }),
  },
  { doc: "A file or folder of the node. Pods with access to it can take over the node." },
)
export type HostPathVolumeSource = TypeOf<typeof HostPathVolumeSource>

export const EmptyDirVolumeSource = struct(
  "io.k8s.api.core.v1.EmptyDirVolumeSource",
  {
    medium: string(1, {
      doc: "Where it is stored: empty (the default) for the node's disk, Memory for a tmpfs that counts against the memory limits, or HugePages.",
    }),
    sizeLimit: quantity(2, {
      doc: "How much may be stored. A pod that stores more is evicted. Default: as much as the medium holds.",
    }),
  },
  { doc: "A folder that is empty when the pod starts and is deleted with it. It survives restarts of containers." },
)
export type EmptyDirVolumeSource = TypeOf<typeof EmptyDirVolumeSource>

export const SecretVolumeSource = struct(
  "io.k8s.api.core.v1.SecretVolumeSource",
  {
    secretName: string(1, { doc: "Which Secret; one in another namespace cannot be used." }),
    items: list(2, KeyToPath, {
      doc: "Which entries appear, and under which paths. Default: all, each under its key.",
      listType: "atomic",
    }),
    defaultMode: int32(3, {
      doc: "The permission bits of the files, in YAML as octal (0644), in JSON as decimal (420). Default 0644.",
      default: 0o644,
      pointer: true,
    }),
    optional: bool(4, {
      doc: "Whether the pod starts when the Secret or a listed key does not exist. Default false: it waits.",
      pointer: true,
    }),
  },
  { doc: "A Secret whose entries appear as files. They follow changes of the Secret within about a minute." },
)
export type SecretVolumeSource = TypeOf<typeof SecretVolumeSource>

export const ConfigMapVolumeSource = struct(
  "io.k8s.api.core.v1.ConfigMapVolumeSource",
  {
    localObjectReference: inline(1, LocalObjectReference),
    items: list(2, KeyToPath, {
      doc: "Which entries appear, and under which paths. Default: all, each under its key.",
      listType: "atomic",
    }),
    defaultMode: int32(3, {
      doc: "The permission bits of the files, in YAML as octal (0644), in JSON as decimal (420). Default 0644.",
      default: 0o644,
      pointer: true,
    }),
    optional: bool(4, {
      doc: "Whether the pod starts when the ConfigMap or a listed key does not exist. Default false: it waits.",
      pointer: true,
    }),
  },
  { doc: "A ConfigMap whose entries appear as files. They follow changes of the ConfigMap within about a minute." },
)
export type ConfigMapVolumeSource = TypeOf<typeof ConfigMapVolumeSource>

export const DownwardAPIVolumeSource = struct(
  "io.k8s.api.core.v1.DownwardAPIVolumeSource",
  {
    items: list(1, DownwardAPIVolumeFile, { doc: "The files and what each of them tells.", listType: "atomic" }),
    defaultMode: int32(2, {
      doc: "The permission bits of the files, in YAML as octal (0644), in JSON as decimal (420). Default 0644.",
      default: 0o644,
      pointer: true,
    }),
  },
  { doc: "Facts about the pod itself as files." },
)
export type DownwardAPIVolumeSource = TypeOf<typeof DownwardAPIVolumeSource>

export const PersistentVolumeClaimVolumeSource = struct(
  "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource",
  {
    claimName: string(1, {
      doc: "The name of the claim, in the pod's namespace. The pod waits until it is bound.",
      required: true,
    }),
    readOnly: bool(2, { doc: "Whether all containers may only read the volume. Default false." }),
  },
  { doc: "The volume that a persistent volume claim is bound to." },
)
export type PersistentVolumeClaimVolumeSource = TypeOf<typeof PersistentVolumeClaimVolumeSource>

export const PersistentVolumeClaimTemplate = struct(
  "io.k8s.api.core.v1.PersistentVolumeClaimTemplate",
  {
    metadata: message(1, ObjectMeta, {
      doc: "Labels and annotations that the claim gets. No other members are allowed.",
      always: true,
    }),
    spec: message(2, PersistentVolumeClaimSpec, { doc: "What the claim asks for.", required: true }),
  },
  { doc: "A persistent volume claim to be made for a pod." },
)
export type PersistentVolumeClaimTemplate = TypeOf<typeof PersistentVolumeClaimTemplate>

export const EphemeralVolumeSource = struct(
  "io.k8s.api.core.v1.EphemeralVolumeSource",
  {
    volumeClaimTemplate: message(1, PersistentVolumeClaimTemplate, {
      doc: "The claim to make, named <pod>-<volume>. If another claim of this name exists, the pod does not start.",
    }),
  },
  { doc: "A volume that is made for one pod and deleted with it." },
)
export type EphemeralVolumeSource = TypeOf<typeof EphemeralVolumeSource>

export const CSIVolumeSource = struct(
  "io.k8s.api.core.v1.CSIVolumeSource",
  {
    driver: string(1, { doc: "The name of the driver, as its CSIDriver object has it.", required: true }),
    readOnly: bool(2, { doc: "Whether the volume is mounted for reading only. Default false.", pointer: true }),
    fsType: string(3, {
      doc: "The type of the file system, such as ext4 or xfs. Default: what the driver chooses.",
      pointer: true,
    }),
    volumeAttributes: map(4, "string", { doc: "Settings that only the driver understands." }),
    nodePublishSecretRef: message(5, LocalObjectReference, {
      doc: "A Secret in the pod's namespace that is passed to the driver when the volume is mounted.",
    }),
  },
  { doc: "A volume that a CSI driver makes for one pod." },
)
export type CSIVolumeSource = TypeOf<typeof CSIVolumeSource>

export const ImageVolumeSource = struct(
  "io.k8s.api.core.v1.ImageVolumeSource",
  {
    reference: string(1, { doc: "The image, written like that of a container." }),
    pullPolicy: string(2, {
      doc: "When the image is pulled: Always, IfNotPresent or Never. Default: Always for the tag latest or no tag, else IfNotPresent.",
    }),
  },
  { doc: "The contents of an image, mounted for reading only." },
)
export type ImageVolumeSource = TypeOf<typeof ImageVolumeSource>

export const NFSVolumeSource = struct(
  "io.k8s.api.core.v1.NFSVolumeSource",
  {
    server: string(1, { doc: "The host name or address of the server.", required: true }),
    path: string(2, { doc: "The absolute path that the server exports.", required: true }),
    readOnly: bool(3, { doc: "Whether the volume is mounted for reading only. Default false." }),
  },
  { doc: "A folder of an NFS server." },
)
export type NFSVolumeSource = TypeOf<typeof NFSVolumeSource>

export const VolumeSource = struct(
  "io.k8s.api.core.v1.VolumeSource",
  {
    hostPath: message(1, HostPathVolumeSource, {
      doc: "A file or folder of the node. Dangerous; prefer another type where one will do.",
    }),
    emptyDir: message(2, EmptyDirVolumeSource, {
      doc: "A folder that is empty at first and lives as long as the pod.",
    }),
    gcePersistentDisk: message(3, GCEPersistentDiskVolumeSource, {
      doc: "A disk of Google Cloud. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    awsElasticBlockStore: message(4, AWSElasticBlockStoreVolumeSource, {
      doc: "A disk of Amazon EC2. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    gitRepo: message(5, GitRepoVolumeSource, {
      doc: "A clone of a git repository. Unsafe and no longer served; clone in an init container instead.",
    }),
    secret: message(6, SecretVolumeSource, { doc: "The entries of a Secret as files." }),
    nfs: message(7, NFSVolumeSource, { doc: "A folder of an NFS server." }),
    iscsi: message(8, ISCSIVolumeSource, { doc: "A disk of an iSCSI target." }),
    glusterfs: message(9, GlusterfsVolumeSource, { doc: "A Gluster volume. No longer served." }),
    persistentVolumeClaim: message(10, PersistentVolumeClaimVolumeSource, {
      doc: "The volume that a persistent volume claim is bound to.",
    }),
    rbd: message(11, RBDVolumeSource, { doc: "A Ceph block device. No longer served; use the CSI driver." }),
    flexVolume: message(12, FlexVolumeSource, {
      doc: "A volume of a FlexVolume driver, an older form of plug-in. Use a CSI driver.",
    }),
    cinder: message(13, CinderVolumeSource, {
      doc: "A disk of OpenStack. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    cephfs: message(14, CephFSVolumeSource, { doc: "A Ceph file system. No longer served; use the CSI driver." }),
    flocker: message(15, FlockerVolumeSource, { doc: "A Flocker dataset. No longer served." }),
    downwardAPI: message(16, DownwardAPIVolumeSource, { doc: "Facts about the pod itself as files." }),
    fc: message(17, FCVolumeSource, { doc: "A disk that is reached over Fibre Channel." }),
    azureFile: message(18, AzureFileVolumeSource, {
      doc: "A file share of Azure. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    configMap: message(19, ConfigMapVolumeSource, { doc: "The entries of a ConfigMap as files." }),
    vsphereVolume: message(20, VsphereVirtualDiskVolumeSource, {
      doc: "A disk of vSphere. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    quobyte: message(21, QuobyteVolumeSource, { doc: "A Quobyte volume. No longer served." }),
    azureDisk: message(22, AzureDiskVolumeSource, {
      doc: "A disk of Azure. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    photonPersistentDisk: message(23, PhotonPersistentDiskVolumeSource, { doc: "A Photon disk. No longer served." }),
    projected: message(26, ProjectedVolumeSource, {
      doc: "Several sources, such as Secrets and tokens, together in one folder.",
    }),
    portworxVolume: message(24, PortworxVolumeSource, {
      doc: "A Portworx volume. Nodes have no code for it any more; its CSI driver serves it.",
    }),
    scaleIO: message(25, ScaleIOVolumeSource, { doc: "A ScaleIO volume. No longer served." }),
    storageos: message(27, StorageOSVolumeSource, { doc: "A StorageOS volume. No longer served." }),
    csi: message(28, CSIVolumeSource, { doc: "A volume that a CSI driver makes for this pod alone." }),
    ephemeral: message(29, EphemeralVolumeSource, {
      doc: "A volume that is made from a claim template for this pod alone, and deleted with it.",
    }),
    image: message(30, ImageVolumeSource, { doc: "The contents of an image, for reading only." }),
  },
  { doc: "Where a volume comes from. Exactly one source must be set." },
)
export type VolumeSource = TypeOf<typeof VolumeSource>

export const Volume = struct(
  "io.k8s.api.core.v1.Volume",
  {
    name: string(1, {
      doc: "A DNS label, unique in the pod, by which containers refer to the volume.",
      required: true,
    }),
    volumeSource: inline(2, VolumeSource),
  },
  { doc: "Storage that containers of a pod can mount.", defaults: (volume) => defaultVolume(volume) },
)

/** A volume without a source is an empty directory. */
function defaultVolume(volume: Draft<{ readonly name: string } & VolumeSource>): void {
  if (Object.keys(volume).every((member) => member === "name")) volume.emptyDir = {}
  if (volume.image !== undefined) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference)
}
export type Volume = TypeOf<typeof Volume>
