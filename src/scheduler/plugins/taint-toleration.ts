import { isTolerated, untoleratedTaint } from "../../api/core/v1/taints.ts"
import { normalizeByMax, rejectForGood, type SchedulingPlugin } from "../framework.ts"

const REPELLING = ["NoSchedule", "NoExecute"]

/** Keeps pods off nodes with taints they do not tolerate, and prefers nodes with fewer `PreferNoSchedule` taints. */
export const taintToleration: SchedulingPlugin = {
  name: "TaintToleration",
  weight: 3,
  preFilter:
    ({ spec }) =>
    ({ node }) =>
      untoleratedTaint(node.spec.taints, spec.tolerations, REPELLING) === undefined
        ? undefined
        : rejectForGood("node(s) had untolerated taint(s)"),
  preScore: ({ spec }) => ({
    score: ({ node }) =>
      (node.spec.taints ?? []).filter(
        (taint) => taint.effect === "PreferNoSchedule" && !isTolerated(spec.tolerations, taint),
      ).length,
    normalize: (scores) => normalizeByMax(scores, true),
  }),
  wakesOn: [
    { on: "node-added" },
    {
      on: "node-updated",
      helps: ({ spec }, event) =>
        event.type === "node-updated" &&
        untoleratedTaint(event.previous.spec.taints, spec.tolerations, REPELLING) !== undefined &&
        untoleratedTaint(event.node.spec.taints, spec.tolerations, REPELLING) === undefined,
    },
    { on: "changed-itself" },
  ],
}
