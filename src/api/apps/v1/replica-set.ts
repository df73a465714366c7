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

export const ReplicaSetSpec = struct(
  "io.k8s.api.apps.v1.ReplicaSetSpec",
  {
    replicas: int32(1, { doc: "How many pods should run. Default 1; 0 removes them all.", default: 1, pointer: true }),
    minReadySeconds: int32(4, {
      doc: "How many seconds a pod must have been ready without a crash before it counts as available. Default 0.",
    }),
    selector: message(2, LabelSelector, {
      doc: "Which pods belong to this set. It must match the labels of the template and cannot be changed later.",
      immutable: true,
      required: true,
    }),
    template: message(3, PodTemplateSpec, {
      doc: "What a new pod looks like. Pods that already run keep the template they were made from.",
      always: true,
    }),
  },
  { doc: "How many pods a replica set should keep, and which." },
)
export type ReplicaSetSpec = TypeOf<typeof ReplicaSetSpec>

export const ReplicaSetCondition = struct(
  "io.k8s.api.apps.v1.ReplicaSetCondition",
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
  { doc: "One aspect of how a replica set is doing." },
)
export type ReplicaSetCondition = TypeOf<typeof ReplicaSetCondition>

export const ReplicaSetStatus = struct(
  "io.k8s.api.apps.v1.ReplicaSetStatus",
  {
    replicas: int32(1, {
      doc: "How many of its pods exist that have not ended and are not being deleted.",
      required: true,
    }),
    fullyLabeledReplicas: int32(2, { doc: "How many of these pods have all the labels of the template." }),
    readyReplicas: int32(4, { doc: "How many of these pods are ready." }),
    availableReplicas: int32(5, { doc: "How many of these pods have been ready for at least minReadySeconds." }),
    terminatingReplicas: int32(7, { doc: "How many pods are being deleted but have not ended yet.", pointer: true }),
    observedGeneration: int64(3, {
      doc: "The metadata.generation that this status was computed from; when it is older than the object's, the status is still behind.",
    }),
    conditions: list(6, ReplicaSetCondition, {
      doc: "How the set is doing; empty when nothing is wrong.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "How many pods a replica set has, as its controller last saw it." },
)
export type ReplicaSetStatus = TypeOf<typeof ReplicaSetStatus>

const SPEC = FieldPath.root("spec")

/** Keeps a number of identical pods running. https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/ */
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
  doc: "Keeps a number of identical pods running. Usually a Deployment makes it, one for each version of its template.",
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
    spec: message(2, ReplicaSetSpec, { doc: "How many pods should run, and what they look like.", always: true }),
    status: message(3, ReplicaSetStatus, { doc: "How many pods there are. Read only for users.", always: true }),
  },
})
export type ReplicaSet = ObjectOf<typeof ReplicaSet>
