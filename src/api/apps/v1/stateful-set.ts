import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, int64, intOrString, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource, structOf } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { PersistentVolumeClaim } from "../../core/v1/persistent-volume-claim.ts"
import { PodTemplateSpec } from "../../core/v1/pod-template-spec.ts"

export const RollingUpdateStatefulSetStrategy = struct("io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy", {
  partition: int32(1, { doc: "", pointer: true }),
  maxUnavailable: intOrString(2, { doc: "" }),
})
export type RollingUpdateStatefulSetStrategy = TypeOf<typeof RollingUpdateStatefulSetStrategy>

export const StatefulSetUpdateStrategy = struct("io.k8s.api.apps.v1.StatefulSetUpdateStrategy", {
  type: string(1, { doc: "" }),
  rollingUpdate: message(2, RollingUpdateStatefulSetStrategy, { doc: "" }),
})
export type StatefulSetUpdateStrategy = TypeOf<typeof StatefulSetUpdateStrategy>

export const StatefulSetPersistentVolumeClaimRetentionPolicy = struct(
  "io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
  {
    whenDeleted: string(1, { doc: "" }),
    whenScaled: string(2, { doc: "" }),
  },
)
export type StatefulSetPersistentVolumeClaimRetentionPolicy = TypeOf<
  typeof StatefulSetPersistentVolumeClaimRetentionPolicy
>

export const StatefulSetOrdinals = struct("io.k8s.api.apps.v1.StatefulSetOrdinals", {
  start: int32(1, { doc: "", always: true }),
})
export type StatefulSetOrdinals = TypeOf<typeof StatefulSetOrdinals>

export const StatefulSetSpec = struct("io.k8s.api.apps.v1.StatefulSetSpec", {
  replicas: int32(1, { doc: "", pointer: true }),
  selector: message(2, LabelSelector, { doc: "", required: true }),
  template: message(3, PodTemplateSpec, { doc: "", required: true }),
  volumeClaimTemplates: list(4, structOf(PersistentVolumeClaim), { doc: "", listType: "atomic" }),
  serviceName: string(5, { doc: "", always: true }),
  podManagementPolicy: string(6, { doc: "" }),
  updateStrategy: message(7, StatefulSetUpdateStrategy, { doc: "", always: true }),
  revisionHistoryLimit: int32(8, { doc: "", pointer: true }),
  minReadySeconds: int32(9, { doc: "" }),
  persistentVolumeClaimRetentionPolicy: message(10, StatefulSetPersistentVolumeClaimRetentionPolicy, { doc: "" }),
  ordinals: message(11, StatefulSetOrdinals, { doc: "" }),
})
export type StatefulSetSpec = TypeOf<typeof StatefulSetSpec>

export const StatefulSetCondition = struct("io.k8s.api.apps.v1.StatefulSetCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  lastTransitionTime: time(3, { doc: "" }),
  reason: string(4, { doc: "" }),
  message: string(5, { doc: "" }),
})
export type StatefulSetCondition = TypeOf<typeof StatefulSetCondition>

export const StatefulSetStatus = struct("io.k8s.api.apps.v1.StatefulSetStatus", {
  observedGeneration: int64(1, { doc: "" }),
  replicas: int32(2, { doc: "", required: true }),
  readyReplicas: int32(3, { doc: "" }),
  currentReplicas: int32(4, { doc: "" }),
  updatedReplicas: int32(5, { doc: "" }),
  currentRevision: string(6, { doc: "" }),
  updateRevision: string(7, { doc: "" }),
  collisionCount: int32(9, { doc: "", pointer: true }),
  conditions: list(10, StatefulSetCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
  availableReplicas: int32(11, { doc: "", always: true }),
})
export type StatefulSetStatus = TypeOf<typeof StatefulSetStatus>

/** TODO(doc) */
export const StatefulSet = defineResource({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  shortNames: ["sts"],
  categories: ["all"],
  subresources: {
    scale: { verbs: ["get", "patch", "update"], kind: "Scale", group: "autoscaling", version: "v1" },
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.apps.v1.StatefulSet",
  fields: {
    spec: message(2, StatefulSetSpec, { doc: "", always: true }),
    status: message(3, StatefulSetStatus, { doc: "", always: true }),
  },
})
export type StatefulSet = ObjectOf<typeof StatefulSet>
