import { Pod } from "../../api/core/v1/pod.ts"
import { POD_GATES_GONE, wake } from "../events.ts"
import type { PluginFactory } from "../framework.ts"

/** A pod waits until all its scheduling gates are removed. */
export const schedulingGates: PluginFactory = () => ({
  name: "SchedulingGates",
  preEnqueue: ({ spec }) => {
    if (spec.schedulingGates === undefined || spec.schedulingGates.length === 0) return undefined
    return `waiting for scheduling gates: [${spec.schedulingGates.map(({ name }) => name).join(" ")}]`
  },
  wakesOn: [wake(Pod, POD_GATES_GONE, ({ metadata }, { object }) => object?.metadata.uid === metadata.uid)],
})
