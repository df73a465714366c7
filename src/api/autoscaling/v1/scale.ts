import { int32, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ScaleSpec = struct("io.k8s.api.autoscaling.v1.ScaleSpec", {
  replicas: int32(1, { doc: "" }),
})
export type ScaleSpec = TypeOf<typeof ScaleSpec>

export const ScaleStatus = struct("io.k8s.api.autoscaling.v1.ScaleStatus", {
  replicas: int32(1, { doc: "", required: true }),
  selector: string(2, { doc: "" }),
})
export type ScaleStatus = TypeOf<typeof ScaleStatus>

/** TODO(doc) */
export const Scale = defineResource({
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  plural: "scales",
  doc: "",
  definition: "io.k8s.api.autoscaling.v1.Scale",
  fields: {
    spec: message(2, ScaleSpec, { doc: "", always: true }),
    status: message(3, ScaleStatus, { doc: "", always: true }),
  },
})
export type Scale = ObjectOf<typeof Scale>
