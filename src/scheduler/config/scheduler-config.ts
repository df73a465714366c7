import type { ExtenderConfig } from "./extender-config.ts"
import type { ExtensionPoint } from "./extension-points.ts"

/** What a KubeSchedulerConfiguration comes to: defaulted, validated, with every list of plugins spelled out. */
export interface SchedulerConfig {
  readonly profiles: readonly ProfileConfig[]
  /** 0: the larger the cluster, the smaller the part that is looked at. */
  readonly percentageOfNodesToScore: number
  readonly podInitialBackoffSeconds: number
  readonly podMaxBackoffSeconds: number
  /** Other programs that take part, in the order of the calls. */
  readonly extenders: readonly ExtenderConfig[]
}

export interface ProfileConfig {
  readonly schedulerName: string
  readonly percentageOfNodesToScore?: number
  /** By extension point, in the order of the calls. */
  readonly plugins: Readonly<Record<ExtensionPoint, readonly EnabledPlugin[]>>
  /** Arguments by plugin. */
  readonly args: ReadonlyMap<string, unknown>
}

export interface EnabledPlugin {
  readonly name: string
  /** Matters where nodes are scored. */
  readonly weight: number
}
