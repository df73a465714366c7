import { nodeTerm, requiredNodes } from "../../api/core/v1/node-affinity.ts"
import { normalizeByMax, rejectForGood, type SchedulingPlugin } from "../framework.ts"
import { NodeState } from "../node-state.ts"

/** `nodeSelector` and node affinity, required and preferred. */
export const nodeAffinity: SchedulingPlugin = {
  name: "NodeAffinity",
  weight: 2,
  preFilter: (pod) => {
    const matches = requiredNodes(pod)
    if (matches === undefined) return undefined
    return (node) => (matches(node) ? undefined : rejectForGood("node(s) didn't match Pod's node affinity/selector"))
  },
  preScore: ({ spec }) => {
    const preferred = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    if (preferred.length === 0) return undefined
    const terms = preferred.map(({ weight, preference }) => ({ weight, matches: nodeTerm(preference) }))
    return {
      score: (node) => terms.reduce((sum, { weight, matches }) => sum + (matches(node) ? weight : 0), 0),
      normalize: (scores) => normalizeByMax(scores, false),
    }
  },
  wakesOn: [
    { on: "node-added" },
    {
      on: "node-updated",
      helps: (pod, event) => {
        const matches = requiredNodes(pod)
        return event.type === "node-updated" && matches !== undefined && matches(new NodeState(event.node))
      },
    },
    { on: "changed-itself" },
  ],
}
