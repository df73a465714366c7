import { addQuantities, formatQuantity, parseQuantity, ZERO } from "../../../machinery/quantity/quantity.ts"
import { duration, list, map, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ContainerMetrics = struct(
  "io.k8s.metrics.pkg.apis.metrics.v1beta1.ContainerMetrics",
  {
    name: string(1, { doc: "The container.", required: true }),
    usage: map(2, "quantity", {
      doc: "How much of each resource is in use; of memory, the working set.",
      required: true,
    }),
  },
  { doc: "What a container uses." },
)
export type ContainerMetrics = TypeOf<typeof ContainerMetrics>

/** What the containers use together. */
function total(containers: readonly ContainerMetrics[], resource: string): string {
  const parts = containers.map(({ usage }) => parseQuantity(usage[resource] ?? "0"))
  return formatQuantity(parts.reduce(addQuantities, ZERO))
}

/** What a pod uses. https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/ */
export const PodMetrics = defineResource({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "PodMetrics",
  plural: "pods",
  singular: "",
  verbs: ["get", "list"],
  doc: "What a pod uses.",
  definition: "io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics",
  columns: [
    {
      name: "cpu",
      type: "string",
      format: "quantity",
      doc: "Cores in use.",
      value: ({ containers }) => total(containers, "cpu"),
    },
    {
      name: "memory",
      type: "string",
      format: "quantity",
      doc: "Memory in use, in bytes.",
      value: ({ containers }) => total(containers, "memory"),
    },
    {
      name: "Window",
      type: "string",
      format: "duration",
      doc: "How long was measured.",
      value: ({ window }) => window,
    },
  ],
  fields: {
    timestamp: time(2, { doc: "When the time that was measured ended.", required: true }),
    window: duration(3, { doc: "How long was measured.", required: true }),
    containers: list(4, ContainerMetrics, {
      doc: "What each container uses, all measured over the same time.",
      required: true,
      listType: "atomic",
    }),
  },
})
export type PodMetrics = ObjectOf<typeof PodMetrics>
