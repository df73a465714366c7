import { Node } from "../../api/core/v1/node.ts"
import { type ControllerDefinition, defineController } from "../define-controller.ts"
import { nextNodeRanges } from "./plan.ts"

/** Gives every node a range of pod addresses from the cluster's range; of two ranges, `a,b`, one of each. */
export function nodeIpamController(clusterCidr: string): ControllerDefinition {
  const clusterRanges = clusterCidr.split(",")
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
        const podCIDRs = nextNodeRanges(
          clusterRanges,
          used.filter((range) => range !== ""),
        )
        if (podCIDRs === undefined) {
          context.events.record(node, "Normal", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`)
          return
        }
        const { resourceVersion } = node.metadata
        const body = { metadata: { resourceVersion }, spec: { podCIDR: podCIDRs[0], podCIDRs } }
        await context.client.of(Node).patch({ name }, body, { type: "merge" })
      }
    },
  })
}

const needsRange = ({ spec }: Node): boolean => !spec.podCIDR && (spec.podCIDRs ?? []).length === 0
