import { FieldPath } from "../../../machinery/field/path.ts"
import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { containerImages, containerNames, labelsCell } from "../../columns.ts"
import { PodTemplateSpec } from "./pod-template-spec.ts"
import { warnAboutTemplate } from "./pod-warnings.ts"
import { validatePodTemplate } from "./validation/pod.ts"

const TEMPLATE = FieldPath.root("template")

/** A pod template stored as an object of its own. https://kubernetes.io/docs/concepts/workloads/pods/#pod-templates */
export const PodTemplate = defineResource({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  doc: "A pod template stored as an object of its own. Hardly used; workloads contain their templates.",
  definition: "io.k8s.api.core.v1.PodTemplate",
  columns: [
    {
      ...containerNames,
      priority: 0,
      value: ({ template }, nowMs) => containerNames.value({ spec: { template } }, nowMs),
    },
    {
      ...containerImages,
      priority: 0,
      value: ({ template }, nowMs) => containerImages.value({ spec: { template } }, nowMs),
    },
    {
      name: "Pod Labels",
      type: "string",
      doc: "The labels that pods get.",
      value: ({ template }) => labelsCell(template.metadata.labels),
    },
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    returnsDeleted: true,
    warnings: ({ metadata, template }, old) =>
      old?.metadata.generation === metadata.generation && old !== undefined
        ? []
        : warnAboutTemplate(template, TEMPLATE),
    validate: ({ template }) => validatePodTemplate(template, TEMPLATE),
  },
  fields: {
    template: message(2, PodTemplateSpec, { doc: "The pods to be made from it.", always: true }),
  },
})
export type PodTemplate = ObjectOf<typeof PodTemplate>
