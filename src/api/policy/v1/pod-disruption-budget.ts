import { Condition } from "../../../machinery/meta/condition.ts"
import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, int64, intOrString, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const PodDisruptionBudgetSpec = struct("io.k8s.api.policy.v1.PodDisruptionBudgetSpec", {
  minAvailable: intOrString(1, { doc: "" }),
  selector: message(2, LabelSelector, { doc: "", patchStrategy: "replace" }),
  maxUnavailable: intOrString(3, { doc: "" }),
  unhealthyPodEvictionPolicy: string(4, { doc: "", pointer: true }),
})
export type PodDisruptionBudgetSpec = TypeOf<typeof PodDisruptionBudgetSpec>

export const PodDisruptionBudgetStatus = struct("io.k8s.api.policy.v1.PodDisruptionBudgetStatus", {
  observedGeneration: int64(1, { doc: "" }),
  disruptedPods: map(2, "time", { doc: "" }),
  disruptionsAllowed: int32(3, { doc: "", always: true }),
  currentHealthy: int32(4, { doc: "", always: true }),
  desiredHealthy: int32(5, { doc: "", always: true }),
  expectedPods: int32(6, { doc: "", always: true }),
  conditions: list(7, Condition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
})
export type PodDisruptionBudgetStatus = TypeOf<typeof PodDisruptionBudgetStatus>

/** TODO(doc) */
export const PodDisruptionBudget = defineResource({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  shortNames: ["pdb"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.policy.v1.PodDisruptionBudget",
  fields: {
    spec: message(2, PodDisruptionBudgetSpec, { doc: "", always: true }),
    status: message(3, PodDisruptionBudgetStatus, { doc: "", always: true }),
  },
})
export type PodDisruptionBudget = ObjectOf<typeof PodDisruptionBudget>
