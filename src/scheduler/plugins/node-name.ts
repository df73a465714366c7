import { Node } from "../../api/core/v1/node.ts"
import { ADD, wake } from "../events.ts"
import { type PluginFactory, rejectForGood } from "../framework.ts"

const OTHER_NODE = rejectForGood("node(s) didn't match the requested node name")

/** A pod that names its node fits nowhere else. */
export const nodeName: PluginFactory = () => ({
  name: "NodeName",
  preFilter: ({ spec }) => {
    const wanted = spec.nodeName
    if (!wanted) return undefined
    return { filter: ({ name }) => (name === wanted ? undefined : OTHER_NODE), signature: wanted }
  },
  wakesOn: [wake(Node, ADD)],
})
