import { reject, type SchedulingPlugin } from "../framework.ts"
import { type HostPort, hostPorts } from "../node-state.ts"

const ANY_ADDRESS = "0.0.0.0"

/** Two pods of one node cannot have the same host port. */
export const nodePorts: SchedulingPlugin = {
  name: "NodePorts",
  preFilter: (pod) => {
    const wanted = hostPorts(pod)
    if (wanted.length === 0) return undefined
    return (node) => {
      for (const { ports } of node.pods.values()) {
        if (ports.some((taken) => wanted.some((port) => conflict(taken, port)))) {
          return reject("node(s) didn't have free ports for the requested pod ports")
        }
      }
      return undefined
    }
  },
  wakesOn: [
    { on: "node-added" },
    {
      on: "pod-deleted",
      helps: (pod, event) =>
        event.type === "pod-deleted" &&
        hostPorts(event.pod).some((freed) => hostPorts(pod).some((port) => conflict(freed, port))),
    },
  ],
}

function conflict(left: HostPort, right: HostPort): boolean {
  if (left.port !== right.port || left.protocol !== right.protocol) return false
  return left.ip === right.ip || left.ip === ANY_ADDRESS || right.ip === ANY_ADDRESS
}
