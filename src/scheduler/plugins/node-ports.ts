import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { ADD, DELETE, wake } from "../events.ts"
import { type PluginFactory, reject } from "../framework.ts"
import { type HostPort, hostPorts } from "../node-state.ts"

const ANY_ADDRESS = "0.0.0.0"
const TAKEN = reject("node(s) didn't have free ports for the requested pod ports")

/** Two pods of one node cannot have the same host port. */
export const nodePorts: PluginFactory = () => ({
  name: "NodePorts",
  preFilter: (pod) => {
    const wanted = hostPorts(pod)
    if (wanted.length === 0) return undefined
    return {
      filter: (node) => {
        for (const { ports } of node.withPorts.values()) if (anyConflict(ports, wanted)) return TAKEN
        return undefined
      },
      signature: JSON.stringify(wanted),
    }
  },
  wakesOn: [
    wake(Pod, DELETE, (pod, { previous }) => {
      if (previous === undefined || !(previous.spec.nodeName || previous.status.nominatedNodeName)) return false
      return anyConflict(hostPorts(previous), hostPorts(pod))
    }),
    wake(Node, ADD),
  ],
})

const anyConflict = (taken: readonly HostPort[], wanted: readonly HostPort[]): boolean =>
  taken.some((left) => wanted.some((right) => conflict(left, right)))

function conflict(left: HostPort, right: HostPort): boolean {
  if (left.port !== right.port || left.protocol !== right.protocol) return false
  return left.ip === right.ip || left.ip === ANY_ADDRESS || right.ip === ANY_ADDRESS
}
