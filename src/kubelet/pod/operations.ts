import type { Pod } from "../../api/core/v1/pod.ts"
import type { ContainerId } from "../../runtime/runtime.ts"
import type { Rejection } from "../admission/admit.ts"
import type { Failure, ImageFact } from "./facts.ts"

/** What performing an action may read and change of the pod's worker. */
export interface Operations {
  readonly images: Map<string, ImageFact>
  readonly failures: Map<string, Failure>
  readonly actuated: Map<ContainerId, string>
  /** Aborts when the agent ends. */
  readonly signal: AbortSignal
  /** Aborts when the pod begins to end: pulls are given up then. */
  readonly running: AbortSignal
  /** With its current status. */
  pod(): Pod
  setVolumesMounted(mounted: boolean): void
  /** Ends the pod, because it turned out that it cannot run here. */
  reject(rejection: Rejection): void
}
