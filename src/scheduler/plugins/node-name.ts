import { rejectForGood, type SchedulingPlugin } from "../framework.ts"

/** A pod that names its node fits nowhere else. */
export const nodeName: SchedulingPlugin = {
  name: "NodeName",
  preFilter: (pod) => {
    const wanted = pod.spec.nodeName
    if (!wanted) return undefined
    return (node) => (node.name === wanted ? undefined : rejectForGood("node(s) didn't match the requested node name"))
  },
  wakesOn: [{ on: "node-added" }],
}
