import { duplicate, required } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { validateLabels } from "../../../machinery/validation/labels.ts"
import { age } from "../../columns.ts"
import { roundToMilli } from "../../core/v1/resource-list.ts"
import { Toleration } from "../../core/v1/toleration.ts"
import { validateOverhead } from "../../core/v1/validation/resources.ts"
import { type Errors, label } from "../../core/v1/validation/rules.ts"
import { validateTolerations } from "../../core/v1/validation/tolerations.ts"

export const Overhead = struct(
  "io.k8s.api.node.v1.Overhead",
  {
    podFixed: map(1, "quantity", { doc: "How much of each resource, added to what the containers ask for." }),
  },
  { doc: "What a runtime itself needs for each pod.", defaults: ({ podFixed }) => roundToMilli(podFixed) },
)
export type Overhead = TypeOf<typeof Overhead>

export const Scheduling = struct(
  "io.k8s.api.node.v1.Scheduling",
  {
    nodeSelector: map(1, "string", {
      doc: "Labels that a node must have; joined with the pod's own nodeSelector. A pod that contradicts them is refused.",
      mapType: "atomic",
    }),
    tolerations: list(2, Toleration, {
      doc: "Taints that pods with this class put up with, besides their own tolerations.",
      listType: "atomic",
    }),
  },
  { doc: "Which nodes have a runtime." },
)
export type Scheduling = TypeOf<typeof Scheduling>

function repeatedTolerations(tolerations: readonly Toleration[], path: FieldPath): Errors {
  const seen = new Set<string>()
  return tolerations.flatMap((toleration, index) => {
    const { key = "", operator = "", value = "", effect = "" } = toleration
    const identity = JSON.stringify([key, operator, value, effect])
    if (seen.has(identity)) return [duplicate(path.index(index), toleration)]
    seen.add(identity)
    return []
  })
}

/**
 * A way to run containers, such as in a sandbox or a virtual machine, that pods can ask for by name.
 * https://kubernetes.io/docs/concepts/containers/runtime-class/
 */
export const RuntimeClass = defineResource({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  namespaced: false,
  doc: "A way to run containers, such as in a sandbox or a virtual machine, that pods can ask for by name.",
  definition: "io.k8s.api.node.v1.RuntimeClass",
  columns: [
    { name: "Handler", type: "string", doc: "The runtime's own name for it.", value: ({ handler }) => handler },
    age,
  ],
  strategy: {
    createOnUpdate: true,
    validate: ({ handler, overhead, scheduling = {} }) => {
      const { nodeSelector, tolerations = [] } = scheduling
      const at = FieldPath.root("scheduling")
      return [
        ...(handler === "" ? [required("handler")] : label(handler, FieldPath.root("handler"))),
        ...validateOverhead(overhead?.podFixed, FieldPath.root("overhead")),
        ...validateLabels(nodeSelector, at.child("nodeSelector")),
        ...validateTolerations(tolerations, at.child("tolerations")),
        ...repeatedTolerations(tolerations, at.child("tolerations")),
      ]
    },
  },
  fields: {
    handler: string(2, {
      doc: "The name that the node's container runtime gives it. A DNS label; it cannot be changed.",
      immutable: true,
      required: true,
    }),
    overhead: message(3, Overhead, { doc: "What the runtime itself needs for each pod." }),
    scheduling: message(4, Scheduling, { doc: "Which nodes have the runtime. Absent: all of them." }),
  },
})
export type RuntimeClass = ObjectOf<typeof RuntimeClass>
