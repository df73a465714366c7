import { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { message, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { PodSpec } from "./pod-spec.ts"

export const PodTemplateSpec = struct("io.k8s.api.core.v1.PodTemplateSpec", {
  metadata: message(1, ObjectMeta, { doc: "", always: true }),
  spec: message(2, PodSpec, { doc: "", always: true }),
})
export type PodTemplateSpec = TypeOf<typeof PodTemplateSpec>
