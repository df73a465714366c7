import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, int64, intOrString, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { PodTemplateSpec } from "../../core/v1/pod-template-spec.ts"

export const RollingUpdateDaemonSet = struct("io.k8s.api.apps.v1.RollingUpdateDaemonSet", {
  maxUnavailable: intOrString(1, { doc: "" }),
  maxSurge: intOrString(2, { doc: "" }),
})
export type RollingUpdateDaemonSet = TypeOf<typeof RollingUpdateDaemonSet>

export const DaemonSetUpdateStrategy = struct("io.k8s.api.apps.v1.DaemonSetUpdateStrategy", {
  type: string(1, { doc: "" }),
  rollingUpdate: message(2, RollingUpdateDaemonSet, { doc: "" }),
})
export type DaemonSetUpdateStrategy = TypeOf<typeof DaemonSetUpdateStrategy>

export const DaemonSetSpec = struct("io.k8s.api.apps.v1.DaemonSetSpec", {
  selector: message(1, LabelSelector, { doc: "", required: true }),
  template: message(2, PodTemplateSpec, { doc: "", required: true }),
  updateStrategy: message(3, DaemonSetUpdateStrategy, { doc: "", always: true }),
  minReadySeconds: int32(4, { doc: "" }),
  revisionHistoryLimit: int32(6, { doc: "", pointer: true }),
})
export type DaemonSetSpec = TypeOf<typeof DaemonSetSpec>

export const DaemonSetCondition = struct("io.k8s.api.apps.v1.DaemonSetCondition", {
  type: string(1, { doc: "", required: true }),
  status: string(2, { doc: "", required: true }),
  lastTransitionTime: time(3, { doc: "" }),
  reason: string(4, { doc: "" }),
  message: string(5, { doc: "" }),
})
export type DaemonSetCondition = TypeOf<typeof DaemonSetCondition>

export const DaemonSetStatus = struct("io.k8s.api.apps.v1.DaemonSetStatus", {
  currentNumberScheduled: int32(1, { doc: "", required: true }),
  numberMisscheduled: int32(2, { doc: "", required: true }),
  desiredNumberScheduled: int32(3, { doc: "", required: true }),
  numberReady: int32(4, { doc: "", required: true }),
  observedGeneration: int64(5, { doc: "" }),
  updatedNumberScheduled: int32(6, { doc: "" }),
  numberAvailable: int32(7, { doc: "" }),
  numberUnavailable: int32(8, { doc: "" }),
  collisionCount: int32(9, { doc: "", pointer: true }),
  conditions: list(10, DaemonSetCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
})
export type DaemonSetStatus = TypeOf<typeof DaemonSetStatus>

/** TODO(doc) */
export const DaemonSet = defineResource({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  shortNames: ["ds"],
  categories: ["all"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.apps.v1.DaemonSet",
  fields: {
    spec: message(2, DaemonSetSpec, { doc: "", always: true }),
    status: message(3, DaemonSetStatus, { doc: "", always: true }),
  },
})
export type DaemonSet = ObjectOf<typeof DaemonSet>
