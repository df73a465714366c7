import { int32, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ScaleSpec = struct(
  "io.k8s.api.autoscaling.v1.ScaleSpec",
  {
    replicas: int32(1, { doc: "How many pods should run. 0 removes them all." }),
  },
  { doc: "How many pods are wanted." },
)
export type ScaleSpec = TypeOf<typeof ScaleSpec>

export const ScaleStatus = struct(
  "io.k8s.api.autoscaling.v1.ScaleStatus",
  {
    replicas: int32(1, { doc: "How many pods there are.", required: true }),
    selector: string(2, { doc: "The selector of the pods as text, such as app=web." }),
  },
  { doc: "How many pods there are." },
)
export type ScaleStatus = TypeOf<typeof ScaleStatus>

/**
 * How many pods a workload has and should have, in the same form for every kind of workload.
 * https://kubernetes.io/docs/concepts/workloads/autoscaling/
 */
export const Scale = defineResource({
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  plural: "scales",
  doc: "How many pods a workload has and should have, in the same form for every kind of workload.",
  definition: "io.k8s.api.autoscaling.v1.Scale",
  fields: {
    spec: message(2, ScaleSpec, { doc: "How many pods should run.", always: true }),
    status: message(3, ScaleStatus, { doc: "How many pods there are. Read only.", always: true }),
  },
})
export type Scale = ObjectOf<typeof Scale>
