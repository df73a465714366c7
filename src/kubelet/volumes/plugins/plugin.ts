import type { PersistentVolume } from "../../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../../api/core/v1/pod.ts"
import type { Volume } from "../../../api/core/v1/volume.ts"
import type { VolumeAmounts } from "../volumes.ts"

/** A volume of a pod with what stands behind it: storage that is not a part of the pod's own folder. */
export interface ResolvedVolume {
  readonly pod: Pod
  /** As the pod names it. */
  readonly volume: Volume
  /** Absent for volumes that the pod describes by itself. */
  readonly persistent?: PersistentVolume
  readonly claim?: PersistentVolumeClaim
  /** The persistent volume's name, else the pod's own: folders and messages bear it. */
  readonly specName: string
  /** The pod mounts the claim for reading only. */
  readonly readOnly: boolean
  /** A raw device instead of a file system. */
  readonly block: boolean
}

/** What of a pod is, or may be, mounted: enough to undo it. Kept on disk, beside the pod's volumes. */
export interface MountedVolume {
  readonly podUid: string
  /** As the pod names it. */
  readonly volume: string
  readonly specName: string
  /** The plugin's name. */
  readonly plugin: string
  /** Equal for all pods of the node that share the volume. */
  readonly uniqueName: string
  readonly readOnly: boolean
  readonly block: boolean
  /** Where the node has its files, or its device; empty until it was mounted. */
  readonly hostPath: string
  /** It may be mounted: nobody knows how the attempt ended. */
  readonly uncertain?: true
  readonly claim?: { readonly namespace: string; readonly name: string }
  /** A controller attaches the volume to the node; the node's status says that it is in use. */
  readonly attachable?: boolean
  /** The group that may use the volume, besides those of the pod. */
  readonly group?: string
}

/** Makes one type of volume available on a node. All methods may be repeated, also after a kill in the middle. */
export interface VolumePlugin {
  /** In Kubernetes, such as `kubernetes.io/local-volume`. */
  readonly name: string
  handles(volume: ResolvedVolume): boolean
  /** Whether persistent volumes of the type can have `mountOptions`. */
  readonly takesMountOptions: boolean
  uniqueName(volume: ResolvedVolume): Promise<{ readonly uniqueName: string; readonly attachable?: boolean }>
  /** Mounts or maps the volume for the pod; resolves to where it is. Rejects with `MountError` or any Error of Kubernetes' message. */
  setUp(volume: ResolvedVolume, mounted: MountedVolume): Promise<string>
  /** Undoes it for one pod. What is still mounted in the pod's folder is unmounted by the caller. */
  tearDown?(mounted: MountedVolume): Promise<void>
  /** No pod of the node uses the volume any more. */
  release?(mounted: MountedVolume): Promise<void>
  /** Undefined where the type has no statistics. */
  usage?(mounted: MountedVolume): Promise<VolumeAmounts | undefined>
  /** A volume that is mounted may have to grow, or to be told something new. */
  refresh?(volume: ResolvedVolume, mounted: MountedVolume): Promise<void>
}

/** Nobody knows whether the volume was mounted: who was asked did not answer. */
export class UncertainMount extends Error {}

/** A step failed, which Kubernetes names in its message. */
export class MountError extends Error {
  override readonly name = "MountError"
  /** Such as `MountDevice failed`; `SetUp failed` unless told otherwise. */
  readonly step: string

  constructor(step: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.step = step
  }
}
