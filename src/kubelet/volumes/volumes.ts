/**
 * The volumes of a node's pods: what the kubelet makes before containers start, keeps up to date while they run, and
 * removes after they ended. Folders are laid out as Kubernetes' kubelet lays them out, below `dataDir/pods/UID`.
 */
import type { TokenRequestSpec, TokenRequestStatus } from "../../api/authentication/v1/token-request.ts"
import type { ConfigMap } from "../../api/core/v1/config-map.ts"
import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Secret } from "../../api/core/v1/secret.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Processes } from "../../platform/processes.ts"
import type { Device, EnvVar, ImageSpec, Mount } from "../../runtime/runtime.ts"
import type { ResourceList } from "../downward.ts"
import type { Timings } from "../timings.ts"
import type { VolumePlugin } from "./plugins/plugin.ts"
import type { ClaimObjects } from "./resolve-volume.ts"

export { createVolumes } from "./create-volumes.ts"
export { SET_UP_RETRY_MAX_MS, type VolumeFailure, VolumesError } from "./failures.ts"

/** All methods may be retried, also after this process was killed in the middle of one. Calls for one pod take turns. */
export interface Volumes {
  /**
   * Makes every volume that a container of the pod mounts, and brings what exists up to date. Call it before containers
   * start, after a restart of the agent, and when the pod's metadata changed. Rejects with `VolumesError` when some
   * could not be made; the others are there. A `FailedMount` event is recorded for each. The caller tries again, after
   * `SET_UP_RETRY_MS` at first, doubling up to the error's `retryMaxMs`.
   */
  setUp(pod: Pod): Promise<void>
  /**
   * The mounts of one container, in order, for the runtime. Sub paths are opened safely and pinned by a bind mount.
   * Rejects with an Error that has Kubernetes' message (to be shown as CreateContainerConfigError).
   */
  containerMounts(pod: Pod, container: MountingContainer, options: ContainerMountOptions): Promise<readonly Mount[]>
  /** The devices of one container: its raw block volumes. Rejects with Kubernetes' message. */
  containerDevices(pod: Pod, container: MountingContainer): Promise<readonly Device[]>
  /** Groups of the pod's volumes, which its containers join. */
  extraGroups(pod: Pod): readonly number[]
  /** The volumes that controllers must not detach from the node, by their unique names, sorted. */
  inUse(): readonly string[]
  /** Rewrites the files of projected volumes that are made from this object. Pods not set up here do not matter. */
  objectChanged(kind: "ConfigMap" | "Secret", namespace: string, name: string): Promise<void>
  /** Unmounts and removes the pod's volumes, once all of its containers have ended. */
  tearDown(podUid: string): Promise<void>
  /** Whether any volume of the pod is still on the node. */
  hasVolumes(podUid: string): boolean
  /** Tears down and removes the folders of all pods but these: what a killed agent has left. Returns their uids. */
  removeOrphans(keepUids: ReadonlySet<string>): Promise<readonly string[]>
  /** What the pod's volumes hold, for statistics and eviction. */
  usage(pod: Pod): Promise<readonly VolumeUsage[]>
  /** The same of every claim that a pod of the node has mounted, each once; quick enough to be asked often. */
  claimUsage(): Promise<readonly ClaimUsage[]>
  /** Stops the periodic refresh. Volumes stay. */
  close(): void
}

/** As Kubernetes' exponential back-off of mount operations. */
export const SET_UP_RETRY_MS = 500

export type MountingContainer = Pick<Container, "name" | "volumeMounts" | "volumeDevices">

export interface ContainerMountOptions {
  /** The container's environment, for `subPathExpr`. */
  readonly env: readonly EnvVar[]
  /** Of the pod's image volumes by volume name, as pulled. Default: the reference that the pod gives. */
  readonly images?: ReadonlyMap<string, ImageSpec>
  /** Whether the pod's runtime handler can make mounts recursively read-only. */
  readonly recursiveReadOnlyMounts: boolean
}

export interface VolumeUsage extends VolumeAmounts {
  readonly name: string
  /** It takes memory or huge pages, and no disk. */
  readonly inMemory: boolean
  /** Of storage that is not the node's to give: it does not count as the pod's use of local disk. */
  readonly claim?: { readonly namespace: string; readonly name: string }
  readonly isLocal: boolean
}

export interface ClaimUsage extends VolumeAmounts {
  readonly namespace: string
  readonly name: string
}

export interface VolumeAmounts {
  readonly usedBytes: number
  readonly inodesUsed: number
  /** Of the file system that holds the volume. */
  readonly availableBytes: number
  readonly capacityBytes: number
  readonly inodes: number
  readonly inodesFree: number
}

/** Where volumes get their content. Reads may be answered from a cache; all reject with StatusError, which names what is missing in the singular. */
export interface VolumeObjects extends ClaimObjects {
  getConfigMap(namespace: string, name: string): Promise<ConfigMap>
  getSecret(namespace: string, name: string): Promise<Secret>
  /** `uid`: of the account that is meant, should there be another of its name by now. */
  requestToken(
    namespace: string,
    serviceAccount: string,
    spec: TokenRequestSpec,
    uid?: string,
  ): Promise<TokenRequestStatus>
}

export interface VolumesOptions {
  readonly platform: Pick<Platform, "clock" | "random" | "log"> & { readonly processes: Pick<Processes, "run"> }
  /** The kubelet's own folder, such as `/var/lib/kubelet`. */
  readonly dataDir: string
  /** Of pod logs. Absent: pods that look for them see the machine's. */
  readonly logDir?: string
  readonly nodeName: string
  readonly objects: VolumeObjects
  /** Default limits of downward API files, and of memory volumes. */
  readonly nodeAllocatable: () => ResourceList
  /** Files of secrets, tokens and the downward API get file systems in memory, as with Kubernetes' kubelet. Needs root. */
  readonly secretsInMemory?: boolean
  readonly events?: Pick<EventRecorder, "record">
  /** Absent: nobody asks how long it takes. */
  readonly timings?: Pick<Timings, "observe">
  readonly nodeLabels?: () => Readonly<Record<string, string>>
  /** Besides those that the kubelet brings. */
  readonly plugins?: readonly VolumePlugin[]
  /** What `inUse` says has changed. */
  readonly onUseChange?: () => void
}
