import { FieldPath } from "../../../machinery/field/path.ts"
import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, int64, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age, containerImages, containerNames, selectorCell } from "../../columns.ts"
import { PodTemplateSpec } from "../../core/v1/pod-template-spec.ts"
import { templateWarnings } from "../../core/v1/pod-warnings.ts"
import { notNegative } from "../../core/v1/validation/rules.ts"
import { validateReplicaCounts, validateSelectorAndTemplate } from "../../core/v1/validation/workload.ts"

export const ReplicaSetSpec = struct("io.k8s.api.apps.v1.ReplicaSetSpec", {
  replicas: int32(1, { doc: "", default: 1, pointer: true }),
  minReadySeconds: int32(4, { doc: "" }),
  selector: message(2, LabelSelector, { doc: "", immutable: true, required: true }),
  template: message(3, PodTemplateSpec, { doc: "", always: true }),
})
export type ReplicaSetSpec = TypeOf<typeof ReplicaSetSpec>

export const ReplicaSetCondition = struct("io.k8s.api.apps.v1.ReplicaSetCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  lastTransitionTime: time(3, { doc: "" }),
  reason: string(4, { doc: "" }),
  message: string(5, { doc: "" }),
})
export type ReplicaSetCondition = TypeOf<typeof ReplicaSetCondition>

export const ReplicaSetStatus = struct("io.k8s.api.apps.v1.ReplicaSetStatus", {
  replicas: int32(1, { doc: "", required: true }),
  fullyLabeledReplicas: int32(2, { doc: "" }),
  readyReplicas: int32(4, { doc: "" }),
  availableReplicas: int32(5, { doc: "" }),
  terminatingReplicas: int32(7, { doc: "", pointer: true }),
  observedGeneration: int64(3, { doc: "" }),
  conditions: list(6, ReplicaSetCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
})
export type ReplicaSetStatus = TypeOf<typeof ReplicaSetStatus>

const SPEC = FieldPath.root("spec")

/** TODO(doc) */
export const ReplicaSet = defineResource({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  shortNames: ["rs"],
  categories: ["all"],
  subresources: {
    scale: { verbs: ["get", "patch", "update"], kind: "Scale", group: "autoscaling", version: "v1" },
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.apps.v1.ReplicaSet",
  columns: [
    { name: "Desired", type: "integer", doc: "How many pods there should be.", value: ({ spec }) => spec.replicas },
    { name: "Current", type: "integer", doc: "How many pods there are.", value: ({ status }) => status.replicas },
    {
      name: "Ready",
      type: "integer",
      doc: "How many pods are ready.",
      value: ({ status }) => status.readyReplicas ?? 0,
    },
    age,
    containerNames,
    containerImages,
    {
      name: "Selector",
      type: "string",
      priority: 1,
      doc: "Which pods belong to it.",
      value: ({ spec }) => selectorCell(spec.selector, "<none>"),
    },
  ],
  selectableFields: { "status.replicas": ({ status }) => `${status.replicas}` },
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    warnings: templateWarnings,
    validate: ({ spec }) => [
      ...notNegative(spec.replicas, SPEC.child("replicas")),
      ...notNegative(spec.minReadySeconds, SPEC.child("minReadySeconds")),
      ...validateSelectorAndTemplate(spec, SPEC),
    ],
    validateStatusUpdate: ({ status }) => validateReplicaCounts(status, FieldPath.root("status")),
  },
  fields: {
    spec: message(2, ReplicaSetSpec, { doc: "", always: true }),
    status: message(3, ReplicaSetStatus, { doc: "", always: true }),
  },
})
export type ReplicaSet = ObjectOf<typeof ReplicaSet>
