import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { PodTemplateSpec } from "./pod-template-spec.ts"

/** TODO(doc) */
export const PodTemplate = defineResource({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  doc: "",
  definition: "io.k8s.api.core.v1.PodTemplate",
  fields: {
    template: message(2, PodTemplateSpec, { doc: "", always: true }),
  },
})
export type PodTemplate = ObjectOf<typeof PodTemplate>
