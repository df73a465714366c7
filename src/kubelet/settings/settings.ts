import type { Taint } from "../../api/core/v1/toleration.ts"
import { defaultThresholds, type Signal, type Thresholds } from "../eviction/thresholds.ts"
import type { Verification } from "../image/verification.ts"
import type { ShutdownPeriod } from "../shutdown/groups.ts"
import { defaultPlacement, type PlacementSettings } from "./placement.ts"

/** What a kubelet can be told to do otherwise, in its own units. `parse-configuration.ts` reads it from a file. */
export interface KubeletSettings {
  /** A folder of manifests, or one. Absent: there are no static pods. */
  readonly staticPodPath?: string
  readonly checkManifestsEveryMs: number
  /** Where a container runtime serves CRI, such as `unix:///run/containerd/containerd.sock`. Absent: Gantry's own runs the pods. */
  readonly runtimeEndpoint?: string
  /** Where its images are served, if elsewhere. */
  readonly imageEndpoint?: string
  /** Given to the node when it is registered for the first time. */
  readonly taints: readonly Taint[]
  /** How a cloud names the machine. */
  readonly providerId?: string
  readonly podsMax: number
  /** 0: as many as `podsMax` says. */
  readonly podsPerCore: number
  /** Processes of one pod. Absent: as many as the machine takes. */
  readonly podPidsMax?: number
  readonly eviction: EvictionSettings
  readonly reserved: Reservations
  readonly images: ImageSettings
  readonly logs: { readonly bytesMax: number; readonly filesMax: number; readonly checkEveryMs: number }
  readonly pulls: PullSettings
  /** Names, or beginnings of names that end in `*`. */
  readonly unsafeSysctls: readonly string[]
  /** Containers that do not say otherwise are confined by the runtime's profile. */
  readonly seccompDefault: boolean
  /** Absent: the cluster's own. */
  readonly clusterDns?: readonly string[]
  readonly clusterDomain?: string
  /** The file that the node's own name servers stand in; empty: pods get none of them. Absent: the machine's. */
  readonly resolvConf?: string
  readonly restartPauseMaxMs: number
  readonly node: NodeSettings
  /** How long pods have to end when the node shuts down. Empty: the node does not wait for them, and containers go on. */
  readonly shutdown: readonly ShutdownPeriod[]
  /** CPU limits are enforced. */
  readonly cpuQuota: boolean
  readonly placement: PlacementSettings
  /** What containers may swap: nothing, or those that may use more than they asked for a share of what the machine has. */
  readonly swap: "NoSwap" | "LimitedSwap"
  /** Refuse to run on a machine that swaps. */
  readonly failSwapOn: boolean
  /** Refuse to run on a machine whose controllers are in the first version's trees. */
  readonly failCgroupV1: boolean
}

export interface EvictionSettings {
  readonly hard: Thresholds
  readonly soft: Thresholds
  /** How long a soft threshold must be crossed before pods are ended. */
  readonly softGraceMs: Readonly<Partial<Record<Signal, number>>>
  /** What is to be freed at least beyond a threshold. */
  readonly minimumReclaim: Thresholds
  /** How long pods may take to end after a soft threshold. */
  readonly podGraceMaxMs: number
  /** How long a condition outlasts the threshold, so that a node that swings does not swing its taints. */
  readonly transitionMs: number
}

type Quantities = Readonly<Record<string, string>>

/** What the machine keeps for others than pods, by resource: `cpu`, `memory`, `ephemeral-storage`, `pid`. */
export interface Reservations {
  readonly system: Quantities
  readonly kube: Quantities
  /** A list of CPUs (`0,2-3`) that takes the place of what is reserved of `cpu` above. */
  readonly cpus?: string
  /** The pods' group is limited to what is left. */
  readonly enforced: boolean
}

export interface ImageSettings {
  /** Of the disk, in percent: collecting begins at one and stops at the other. */
  readonly highPercent: number
  readonly lowPercent: number
  /** Younger images may be about to be used. */
  readonly ageLeastMs: number
  /** Images that were not used for longer go, however much room there is. 0: none. */
  readonly ageMostMs: number
}

export interface PullSettings {
  readonly atOnceMax: number
  /** 0: no limit. */
  readonly perSecond: number
  readonly burst: number
  /** Who may use images that are on the node. */
  readonly verification: Verification
}

export interface NodeSettings {
  readonly lookEveryMs: number
  /** A status that says nothing new is written this often. */
  readonly reportEveryMs: number
  readonly leaseSeconds: number
  /** Images beyond these are not listed, as every listing of nodes carries them. -1: all are. */
  readonly imagesMax: number
}

/** As the kubelet's defaults, but for what is safer, or faster at no cost: seccomp, parallel pulls without a rate limit. */
export const defaultSettings: KubeletSettings = {
  checkManifestsEveryMs: 20_000,
  taints: [],
  podsMax: 110,
  podsPerCore: 0,
  eviction: {
    hard: defaultThresholds,
    soft: {},
    softGraceMs: {},
    minimumReclaim: {},
    podGraceMaxMs: 0,
    transitionMs: 300_000,
  },
  reserved: { system: {}, kube: {}, enforced: true },
  images: { highPercent: 85, lowPercent: 80, ageLeastMs: 120_000, ageMostMs: 0 },
  logs: { bytesMax: 10 * 1024 * 1024, filesMax: 5, checkEveryMs: 10_000 },
  pulls: {
    atOnceMax: Number.POSITIVE_INFINITY,
    perSecond: 0,
    burst: 10,
    verification: { policy: "NeverVerifyPreloadedImages", allowlist: [] },
  },
  unsafeSysctls: [],
  seccompDefault: true,
  restartPauseMaxMs: 300_000,
  node: { lookEveryMs: 10_000, reportEveryMs: 300_000, leaseSeconds: 40, imagesMax: 50 },
  shutdown: [],
  cpuQuota: true,
  placement: defaultPlacement,
  swap: "NoSwap",
  failSwapOn: false,
  failCgroupV1: false,
}
