import { required } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import { deepClone } from "../../../machinery/patch/structure.ts"
import { int32, int64, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { selectLabels } from "../../../machinery/selectors/label-selector.ts"
import { age, containerImages, containerNames, labelsCell } from "../../columns.ts"
import { PodTemplateSpec } from "./pod-template-spec.ts"
import { templateWarnings } from "./pod-warnings.ts"
import { type Errors, notNegative } from "./validation/rules.ts"
import { validateReplicaCounts, validateTemplate } from "./validation/workload.ts"

export const ReplicationControllerSpec = struct("io.k8s.api.core.v1.ReplicationControllerSpec", {
  replicas: int32(1, { doc: "", default: 1, pointer: true }),
  minReadySeconds: int32(4, { doc: "" }),
  selector: map(2, "string", { doc: "", mapType: "atomic" }),
  template: message(3, PodTemplateSpec, { doc: "" }),
})
export type ReplicationControllerSpec = TypeOf<typeof ReplicationControllerSpec>

export const ReplicationControllerCondition = struct("io.k8s.api.core.v1.ReplicationControllerCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  lastTransitionTime: time(3, { doc: "" }),
  reason: string(4, { doc: "" }),
  message: string(5, { doc: "" }),
})
export type ReplicationControllerCondition = TypeOf<typeof ReplicationControllerCondition>

export const ReplicationControllerStatus = struct("io.k8s.api.core.v1.ReplicationControllerStatus", {
  replicas: int32(1, { doc: "", required: true }),
  fullyLabeledReplicas: int32(2, { doc: "" }),
  readyReplicas: int32(4, { doc: "" }),
  availableReplicas: int32(5, { doc: "" }),
  observedGeneration: int64(3, { doc: "" }),
  conditions: list(6, ReplicationControllerCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
})
export type ReplicationControllerStatus = TypeOf<typeof ReplicationControllerStatus>

function validateSpec(spec: ReplicationControllerSpec, path: FieldPath): Errors {
  const { selector = {}, template } = spec
  const isEmpty = Object.keys(selector).length === 0
  const matched = isEmpty || selectLabels(selector).matches(template?.metadata.labels)
  return [
    ...notNegative(spec.minReadySeconds, path.child("minReadySeconds")),
    ...(isEmpty ? [required(path.child("selector"))] : []),
    ...notNegative(spec.replicas, path.child("replicas")),
    ...(template === undefined
      ? [required(path.child("template"))]
      : validateTemplate(template, matched, "ReplicationController", path.child("template"))),
  ]
}

/** TODO(doc) */
export const ReplicationController = defineResource({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  shortNames: ["rc"],
  categories: ["all"],
  subresources: {
    scale: { verbs: ["get", "patch", "update"], kind: "Scale", group: "autoscaling", version: "v1" },
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.core.v1.ReplicationController",
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
      value: ({ spec }) => labelsCell(spec.selector),
    },
  ],
  selectableFields: { "status.replicas": ({ status }) => `${status.replicas}` },
  defaults: ({ metadata, spec }) => {
    const labels = spec.template?.metadata.labels
    if (labels === undefined || Object.keys(labels).length === 0) return
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = deepClone(labels)
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = deepClone(labels)
  },
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    dependents: "orphan",
    warnings: templateWarnings,
    validate: ({ spec }) => validateSpec(spec, FieldPath.root("spec")),
    validateStatusUpdate: ({ status }) => validateReplicaCounts(status, FieldPath.root("status")),
  },
  fields: {
    spec: message(2, ReplicationControllerSpec, { doc: "", always: true }),
    status: message(3, ReplicationControllerStatus, { doc: "", always: true }),
  },
})
export type ReplicationController = ObjectOf<typeof ReplicationController>
