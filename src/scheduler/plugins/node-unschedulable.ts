import { isTolerated } from "../../api/core/v1/taints.ts"
import { rejectForGood, type SchedulingPlugin } from "../framework.ts"

const UNSCHEDULABLE = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }

/** Cordoned nodes take only pods that tolerate it. */
export const nodeUnschedulable: SchedulingPlugin = {
  name: "NodeUnschedulable",
  preFilter: (pod) =>
    isTolerated(pod.spec.tolerations, UNSCHEDULABLE)
      ? undefined
      : (node) => (node.node.spec.unschedulable ? rejectForGood("node(s) were unschedulable") : undefined),
  wakesOn: [
    { on: "node-added" },
    {
      on: "node-updated",
      helps: (_, event) =>
        event.type === "node-updated" && !!event.previous.spec.unschedulable && !event.node.spec.unschedulable,
    },
    { on: "changed-itself" },
  ],
}
