import type { SchedulingPlugin } from "./framework.ts"

/** The plugins that pods with one `schedulerName` go through, by extension point and in the order of their calls. */
export interface Profile {
  readonly schedulerName: string
  readonly preEnqueue: readonly SchedulingPlugin[]
  /** Also those that only filter, reserve or prepare binding: all they do is decided here. */
  readonly preFilter: readonly SchedulingPlugin[]
  /** Names of the plugins whose filters count. */
  readonly filter: ReadonlySet<string>
  readonly postFilter: readonly SchedulingPlugin[]
  readonly score: readonly ScorePlugin[]
  readonly reserve: ReadonlySet<string>
  readonly preBind: ReadonlySet<string>
  /** Absent: the scheduler's. 0: the larger the cluster, the smaller the part that is looked at. */
  readonly percentageOfNodesToScore?: number
}

export interface ScorePlugin {
  readonly plugin: SchedulingPlugin
  /** How much its score counts. */
  readonly weight: number
}
