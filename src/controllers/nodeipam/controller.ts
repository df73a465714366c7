import { Node } from "../../api/core/v1/node.ts"
import { type ControllerDefinition, defineController } from "../define-controller.ts"
import { nextNodeCidr } from "./plan.ts"

/** As Kubernetes' default for --node-cidr-mask-size: room for 254 addresses per node. */
const NODE_PREFIX_LENGTH = 24

/** Gives every node a range of pod addresses from the cluster's range. */
export function nodeIpamController(clusterCidr: string): ControllerDefinition {
  return defineController({
    name: "node-ipam-controller",
    eventSource: "cidrAllocator",
    reads: [Node],
    writes: [{ resource: Node, verbs: ["patch", "update"] }],
    // Two at once could choose the same range.
    workers: 1,
    start(context) {
      const nodes = context.informer(Node)
      context.enqueueOn(Node, ({ type, object }) => {
        // A range that became free may be what another node waits for.
        if (type === "deleted")
          return nodes
            .list()
            .filter(needsRange)
            .map(({ metadata }) => metadata.name)
        return needsRange(object) ? [object.metadata.name] : []
      })
      return async (name) => {
        const node = nodes.get(name)
        if (node === undefined || !needsRange(node)) return
        const used = nodes.list().flatMap(({ spec }) => [...new Set([spec.podCIDR ?? "", ...(spec.podCIDRs ?? [])])])
        const podCIDR = nextNodeCidr(
          clusterCidr,
          NODE_PREFIX_LENGTH,
          used.filter((range) => range.includes(".")),
        )
        if (podCIDR === undefined) {
          context.events.record(node, "Normal", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`)
          return
        }
        const { resourceVersion } = node.metadata
        const body = { metadata: { resourceVersion }, spec: { podCIDR, podCIDRs: [podCIDR] } }
        await context.client.of(Node).patch({ name }, body, { type: "merge" })
      }
    },
  })
}

const needsRange = ({ spec }: Node): boolean => !spec.podCIDR && (spec.podCIDRs ?? []).length === 0
