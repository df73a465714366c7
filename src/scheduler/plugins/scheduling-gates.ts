import type { SchedulingPlugin } from "../framework.ts"

/** A pod waits until all its scheduling gates are removed. */
export const schedulingGates: SchedulingPlugin = {
  name: "SchedulingGates",
  preEnqueue: ({ spec }) => {
    const gates = (spec.schedulingGates ?? []).map(({ name }) => name)
    return gates.length === 0 ? undefined : `waiting for scheduling gates: [${gates.join(" ")}]`
  },
  wakesOn: [{ on: "changed-itself" }],
}
