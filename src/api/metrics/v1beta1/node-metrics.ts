import { duration, map, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"

/**
 * What a node uses. https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/
 */
export const NodeMetrics = defineResource({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "NodeMetrics",
  plural: "nodes",
  singular: "",
  namespaced: false,
  verbs: ["get", "list"],
  doc: "What a node uses.",
  definition: "io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics",
  columns: [
    {
      name: "cpu",
      type: "string",
      format: "quantity",
      doc: "Cores in use.",
      value: ({ usage }) => usage["cpu"] ?? "0",
    },
    {
      name: "memory",
      type: "string",
      format: "quantity",
      doc: "Memory in use, in bytes.",
      value: ({ usage }) => usage["memory"] ?? "0",
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
    usage: map(4, "quantity", {
      doc: "How much of each resource is in use; of memory, the working set.",
      required: true,
    }),
  },
})
export type NodeMetrics = ObjectOf<typeof NodeMetrics>
