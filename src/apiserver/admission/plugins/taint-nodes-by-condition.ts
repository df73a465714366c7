import { Node } from "../../../api/core/v1/node.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { type AdmissionPlugin, isResource } from "../plugin.ts"

const NOT_READY = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const

/** A new node gets no pods until it has shown that it is ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  resources: [Node],
  mutate: (request) => {
    if (request.operation !== "CREATE" || request.subresource !== "" || !isResource(request, Node)) return
    const { spec } = request.object as unknown as Draft<Node>
    const taints = (spec.taints ??= [])
    if (!taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) {
      taints.push({ ...NOT_READY })
    }
  },
}
