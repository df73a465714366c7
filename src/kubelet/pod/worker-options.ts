import type { Pod } from "../../api/core/v1/pod.ts"
import type { Environment } from "../environment.ts"
import type { Verdict } from "../status/pod-status.ts"

export interface WorkerOptions {
  readonly environment: Environment
  readonly pod: Pod
  readonly signal: AbortSignal
  /** Nothing of the pod is left, neither here nor in the API. */
  readonly onGone: (podUid: string) => void
  /** The pod has a new status, for whoever keeps it. */
  readonly onStatus: (pod: Pod) => void
  /** What the kubelet itself decided before anything ran, such as a rejection. */
  readonly verdict?: Verdict
}
