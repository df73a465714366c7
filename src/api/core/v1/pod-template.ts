import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { PodTemplateSpec } from "./pod-template-spec.ts"

/** A pod template stored as an object of its own. https://kubernetes.io/docs/concepts/workloads/pods/#pod-templates */
export const PodTemplate = defineResource({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  doc: "A pod template stored as an object of its own. Hardly used; workloads contain their templates.",
  definition: "io.k8s.api.core.v1.PodTemplate",
  fields: {
    template: message(2, PodTemplateSpec, { doc: "The pods to be made from it.", always: true }),
  },
})
export type PodTemplate = ObjectOf<typeof PodTemplate>
