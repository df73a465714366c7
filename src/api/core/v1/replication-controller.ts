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

export const ReplicationControllerSpec = struct(
  "io.k8s.api.core.v1.ReplicationControllerSpec",
  {
    replicas: int32(1, { doc: "How many pods should run. Default 1; 0 removes them all.", default: 1, pointer: true }),
    minReadySeconds: int32(4, {
      doc: "How many seconds a pod must have been ready without a crash before it counts as available. Default 0.",
    }),
    selector: map(2, "string", {
      doc: "Labels of the pods that belong to the controller. Default: the labels of the template.",
      mapType: "atomic",
    }),
    template: message(3, PodTemplateSpec, { doc: "What a new pod looks like. Its restartPolicy must be Always." }),
  },
  { doc: "How many pods a replication controller should keep, and which." },
)
export type ReplicationControllerSpec = TypeOf<typeof ReplicationControllerSpec>

export const ReplicationControllerCondition = struct(
  "io.k8s.api.core.v1.ReplicationControllerCondition",
  {
    type: string(1, {
      doc: "The aspect; ReplicaFailure says that pods could not be created or deleted.",
      required: true,
    }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown.", required: true }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(5, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of how a replication controller is doing." },
)
export type ReplicationControllerCondition = TypeOf<typeof ReplicationControllerCondition>

export const ReplicationControllerStatus = struct(
  "io.k8s.api.core.v1.ReplicationControllerStatus",
  {
    replicas: int32(1, {
      doc: "How many of its pods exist that have not ended and are not being deleted.",
      required: true,
    }),
    fullyLabeledReplicas: int32(2, { doc: "How many of these pods have all the labels of the template." }),
    readyReplicas: int32(4, { doc: "How many of these pods are ready." }),
    availableReplicas: int32(5, { doc: "How many of these pods have been ready for at least minReadySeconds." }),
    observedGeneration: int64(3, {
      doc: "The metadata.generation that this status was computed from; when it is older than the object's, the status is still behind.",
    }),
    conditions: list(6, ReplicationControllerCondition, {
      doc: "How the controller is doing; empty when nothing is wrong.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "How many pods a replication controller has, as last seen." },
)
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

/**
 * Keeps a number of identical pods running.
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/
 */
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
  doc: "Keeps a number of identical pods running. An older form of ReplicaSet; use a Deployment instead.",
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
    spec: message(2, ReplicationControllerSpec, {
      doc: "How many pods should run, and what they look like.",
      always: true,
    }),
    status: message(3, ReplicationControllerStatus, {
      doc: "How many pods there are. Read only for users.",
      always: true,
    }),
  },
})
export type ReplicationController = ObjectOf<typeof ReplicationController>
