import type { Pod } from "../../api/core/v1/pod.ts"
import type { Rejection } from "../admission/admit.ts"
import type { Verdict } from "../status/pod-status.ts"
import type { WorkerEnvironment } from "./worker-environment.ts"

export interface WorkerOptions {
  readonly environment: WorkerEnvironment
  readonly pod: Pod
  readonly signal: AbortSignal
  /** Nothing of the pod is left, neither here nor in the API. */
  readonly onGone: (podUid: string) => void
  /** The pod has a new status, for whoever keeps it. */
  readonly onStatus: (pod: Pod) => void
  /** Whether the node has room for a changed pod, of which it runs `allocated` now. */
  readonly admitResize: (pod: Pod, allocated: Pod) => Rejection | undefined
  /** Tells that the node turns the pod away, and returns how that is reported. */
  readonly reject: (rejection: Rejection) => Verdict
  /** The pod has ended, or takes less than before: there may be room for others. */
  readonly onRoom: () => void
  /** Nothing is done for the pod before; resolves to why it cannot run after all. Absent: it can begin. */
  readonly settled?: Promise<Verdict | undefined>
  /** What the kubelet itself decided before anything ran, such as a rejection. */
  readonly verdict?: Verdict
}
