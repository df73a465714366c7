import { list, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ComponentCondition = struct(
  "io.k8s.api.core.v1.ComponentCondition",
  {
    type: string(1, { doc: "The aspect; only Healthy.", required: true }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    message: string(3, { doc: "What the component answered." }),
    error: string(4, { doc: "What went wrong when it was asked." }),
  },
  { doc: "The health of a component." },
)
export type ComponentCondition = TypeOf<typeof ComponentCondition>

const HEALTHY = "Healthy"

/** What the condition that says how the component is says. */
function cell({ conditions = [] }: { readonly conditions?: readonly ComponentCondition[] }, of: "message" | "error") {
  return conditions.find(({ type }) => type === HEALTHY)?.[of] ?? ""
}

/** Whether a part of the control plane is healthy. https://kubernetes.io/docs/reference/using-api/health-checks/ */
export const ComponentStatus = defineResource({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  plural: "componentstatuses",
  shortNames: ["cs"],
  namespaced: false,
  verbs: ["get", "list"],
  doc: "Whether a part of the control plane is healthy. No longer kept up; ask the server's /livez and /readyz instead.",
  definition: "io.k8s.api.core.v1.ComponentStatus",
  deprecated: "v1 ComponentStatus is deprecated in v1.19+",
  columns: [
    {
      name: "Status",
      type: "string",
      doc: "How the component is.",
      value: ({ conditions = [] }) => {
        const found = conditions.find(({ type }) => type === HEALTHY)
        if (found === undefined) return "Unknown"
        return found.status === "True" ? "Healthy" : "Unhealthy"
      },
    },
    {
      name: "Message",
      type: "string",
      doc: "What the component answered.",
      value: (status) => cell(status, "message"),
    },
    { name: "Error", type: "string", doc: "What went wrong.", value: (status) => cell(status, "error") },
  ],
  fields: {
    conditions: list(2, ComponentCondition, {
      doc: "The health of the component.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
})
export type ComponentStatus = ObjectOf<typeof ComponentStatus>
