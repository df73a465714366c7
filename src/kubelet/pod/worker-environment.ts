import type { Pod } from "../../api/core/v1/pod.ts"
import type { Environment } from "../environment.ts"
import { createImageEnsurer } from "../image/ensure-image.ts"
import type { NodeObjects } from "../objects/objects.ts"
import type { Prober } from "../probe/prober.ts"
import type { RuntimeView } from "../runtime-view.ts"
import type { KubeletSettings } from "../settings/settings.ts"
import type { Timings } from "../timings.ts"
import type { Action } from "./actions.ts"
import { cleanUp } from "./clean-up.ts"
import type { Operations } from "./operations.ts"
import { perform } from "./perform.ts"

/** Performs one action. What fails is noted in `operations.failures`; only surprises reject. */
export type Performer = (operations: Operations, action: Action) => Promise<void>

/** What pod workers use themselves. They do not know what performing an action takes. */
export interface WorkerEnvironment
  extends Pick<Environment, "platform" | "events" | "statuses" | "nodeIps" | "runtimeName" | "confirmDeletion"> {
  /** Absent: none has devices. */
  readonly deviceHealth?: Environment["deviceHealth"]
  readonly view: Pick<RuntimeView, "of">
  readonly objects: Pick<NodeObjects, "retain" | "release">
  readonly prober: Pick<Prober, "track" | "facts" | "forget">
  readonly counters: Pick<Environment["counters"], "add">
  /** Absent: nobody asks how long pods take. */
  readonly timings?: Pick<Timings, "observe">
  readonly settings: Pick<KubeletSettings, "restartPauseMaxMs">
  /** One for each pod: it may remember what failed. */
  performer(): Performer
  /** Gives back what an ended pod held. `forGood`: nothing of it stays. May be repeated. */
  cleanUp(pod: Pod, forGood: boolean): Promise<void>
}

/** The one that runs containers. */
export function workerEnvironment(environment: Environment): WorkerEnvironment {
  return {
    ...environment,
    performer() {
      const ensurer = createImageEnsurer(environment)
      return (operations, action) => perform({ ...operations, environment, ensurer }, action)
    },
    cleanUp: (pod, forGood) => cleanUp(environment, pod, forGood),
  }
}
