import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { isTolerated } from "../../api/core/v1/taints.ts"
import { ADD, NODE_TAINT, POD_TOLERATION, wake } from "../events.ts"
import { type PluginFactory, rejectForGood } from "../framework.ts"

const UNSCHEDULABLE = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }
const CORDONED = rejectForGood("node(s) were unschedulable")

/** Cordoned nodes take only pods that tolerate it. */
export const nodeUnschedulable: PluginFactory = () => ({
  name: "NodeUnschedulable",
  preFilter: ({ spec }) =>
    isTolerated(spec.tolerations, UNSCHEDULABLE)
      ? undefined
      : { filter: ({ node }) => (node.spec.unschedulable ? CORDONED : undefined), signature: "" },
  wakesOn: [
    wake(
      Node,
      ADD | NODE_TAINT,
      (_, { object, previous }) =>
        !object?.spec.unschedulable && (previous === undefined || previous.spec.unschedulable === true),
    ),
    wake(
      Pod,
      POD_TOLERATION,
      ({ metadata }, { object }) =>
        object?.metadata.uid === metadata.uid && isTolerated(object.spec.tolerations, UNSCHEDULABLE),
    ),
  ],
})
