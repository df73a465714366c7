import type { Binding } from "../../../api/core/v1/binding.ts"
import { Node } from "../../../api/core/v1/node.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { type AdmissionPlugin, isResource, type ObjectReader } from "../plugin.ts"

const LABELS = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"]

/** A pod that gets a node carries the node's zone and region, so that it can learn them without asking for the node. */
export function podTopologyLabels(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "PodTopologyLabels",
    resources: [Pod],
    mutate: (request) => {
      const { operation, subresource, object } = request
      if (operation !== "CREATE" || object === undefined || !isResource(request, Pod)) return
      const node =
        subresource === "binding"
          ? targetOf(object as unknown as Draft<Binding>)
          : subresource === ""
            ? (object as unknown as Draft<Pod>).spec.nodeName
            : undefined
      if (!node) return
      const labels = reader.get(Node, "", node)?.metadata.labels
      for (const label of LABELS) {
        const value = labels?.[label]
        if (value === undefined) continue
        object.metadata.labels ??= Object.create(null) as Record<string, string>
        object.metadata.labels[label] = value
      }
    },
  }
}

function targetOf({ target }: Draft<Binding>): string | undefined {
  return target.kind === "Node" ? target.name : undefined
}
