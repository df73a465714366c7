import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { isTolerated, untoleratedTaint } from "../../api/core/v1/taints.ts"
import { ADD, NODE_TAINT, POD_TOLERATION, wake } from "../events.ts"
import { normalizeByMax, type PluginFactory, rejectForGood } from "../framework.ts"

const REPELLING = ["NoSchedule", "NoExecute"]
const UNTOLERATED = rejectForGood("node(s) had untolerated taint(s)")

/** Keeps pods off nodes with taints they do not tolerate, and prefers nodes with fewer `PreferNoSchedule` taints. */
export const taintToleration: PluginFactory = () => ({
  name: "TaintToleration",
  preFilter: ({ spec: { tolerations } }) => ({
    filter: ({ node }) =>
      untoleratedTaint(node.spec.taints, tolerations, REPELLING) === undefined ? undefined : UNTOLERATED,
    signature: JSON.stringify(tolerations ?? []),
  }),
  preScore: ({ spec }) => {
    const tolerations = spec.tolerations?.filter(({ effect }) => !effect || effect === "PreferNoSchedule")
    return {
      score: ({ node }) => {
        let count = 0
        for (const taint of node.spec.taints ?? []) {
          if (taint.effect === "PreferNoSchedule" && !isTolerated(tolerations, taint)) count++
        }
        return count
      },
      normalize: (scores) => normalizeByMax(scores, true),
    }
  },
  wakesOn: [
    wake(Node, ADD | NODE_TAINT, ({ spec: { tolerations } }, { object, previous }) => {
      const repelled = (node: Node) => untoleratedTaint(node.spec.taints, tolerations, REPELLING) !== undefined
      return (previous === undefined || repelled(previous)) && object !== undefined && !repelled(object)
    }),
    wake(Pod, POD_TOLERATION, ({ metadata }, { object }) => object?.metadata.uid === metadata.uid),
  ],
})
