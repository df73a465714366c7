import { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { message, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { PodSpec } from "./pod-spec.ts"

export const PodTemplateSpec = struct(
  "io.k8s.api.core.v1.PodTemplateSpec",
  {
    metadata: message(1, ObjectMeta, {
      doc: "Labels and annotations that each pod gets. The labels must match the owner's selector.",
      always: true,
    }),
    spec: message(2, PodSpec, { doc: "What each pod runs.", always: true }),
  },
  { doc: "A pod to be made: its labels, its annotations and what it runs." },
)
export type PodTemplateSpec = TypeOf<typeof PodTemplateSpec>
