import { Condition } from "../../../machinery/meta/condition.ts"
import { LabelSelector } from "../../../machinery/meta/label-selector.ts"
import { int32, int64, intOrString, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { validateBudget, validateBudgetStatus } from "./validation/pod-disruption-budget.ts"

export const PodDisruptionBudgetSpec = struct(
  "io.k8s.api.policy.v1.PodDisruptionBudgetSpec",
  {
    minAvailable: intOrString(1, {
      doc: "How many pods must stay healthy: a number, or a percentage rounded up. Not together with maxUnavailable.",
    }),
    selector: message(2, LabelSelector, {
      doc: "Which pods are protected. Empty: all of the namespace.",
      patchStrategy: "replace",
    }),
    maxUnavailable: intOrString(3, {
      doc: "How many pods may be missing: a number, or a percentage rounded up. 0 forbids every eviction. Not together with minAvailable.",
    }),
    unhealthyPodEvictionPolicy: string(4, {
      doc: "When running pods that are not ready may be evicted: IfHealthyBudget (the default) only while enough others are healthy, AlwaysAllow always.",
      pointer: true,
    }),
  },
  { doc: "How many pods may be missing on purpose." },
)
export type PodDisruptionBudgetSpec = TypeOf<typeof PodDisruptionBudgetSpec>

export const PodDisruptionBudgetStatus = struct(
  "io.k8s.api.policy.v1.PodDisruptionBudgetStatus",
  {
    observedGeneration: int64(1, {
      doc: "The metadata.generation that this status was computed from; when it is older than the object's, the status is still behind.",
    }),
    disruptedPods: map(2, "time", {
      doc: "Pods whose eviction was allowed and that are not gone yet, with the time. They do not count as healthy.",
    }),
    disruptionsAllowed: int32(3, { doc: "How many pods may be evicted now.", always: true }),
    currentHealthy: int32(4, { doc: "How many pods are ready.", always: true }),
    desiredHealthy: int32(5, { doc: "How many pods must be ready.", always: true }),
    expectedPods: int32(6, { doc: "How many pods the budget counts with.", always: true }),
    conditions: list(7, Condition, {
      doc: "DisruptionAllowed says whether anything may be evicted now.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "How many evictions are possible now." },
)
export type PodDisruptionBudgetStatus = TypeOf<typeof PodDisruptionBudgetStatus>

/**
 * Limits how many pods may be missing at once because of evictions, as when nodes are drained.
 * https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
 */
export const PodDisruptionBudget = defineResource({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  shortNames: ["pdb"],
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "Limits how many pods may be missing at once because of evictions, as when nodes are drained.",
  definition: "io.k8s.api.policy.v1.PodDisruptionBudget",
  columns: [
    {
      name: "Min Available",
      type: "string",
      doc: "How many pods must stay healthy.",
      value: ({ spec }) => `${spec.minAvailable ?? "N/A"}`,
    },
    {
      name: "Max Unavailable",
      type: "string",
      doc: "How many pods may be missing.",
      value: ({ spec }) => `${spec.maxUnavailable ?? "N/A"}`,
    },
    {
      name: "Allowed Disruptions",
      type: "integer",
      doc: "How many pods may be evicted now.",
      value: ({ status }) => status.disruptionsAllowed,
    },
    age,
  ],
  strategy: {
    generation: true,
    validateCreate: validateBudget,
    validateUpdate: validateBudget,
    validateStatusUpdate: validateBudgetStatus,
  },
  fields: {
    spec: message(2, PodDisruptionBudgetSpec, {
      doc: "Which pods are protected, and how many may be missing.",
      always: true,
    }),
    status: message(3, PodDisruptionBudgetStatus, {
      doc: "How many evictions are possible now. Read only for users.",
      always: true,
    }),
  },
})
export type PodDisruptionBudget = ObjectOf<typeof PodDisruptionBudget>
