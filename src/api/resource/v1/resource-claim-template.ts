import { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { message, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { ResourceClaimSpec } from "./resource-claim.ts"
import { validateClaimTemplate } from "./validation/resource-claim.ts"

export const ResourceClaimTemplateSpec = struct(
  "io.k8s.api.resource.v1.ResourceClaimTemplateSpec",
  {
    metadata: message(1, ObjectMeta, {
      doc: "Labels and annotations that each claim gets. No other members are allowed.",
      always: true,
    }),
    spec: message(2, ResourceClaimSpec, { doc: "What each claim asks for.", required: true }),
  },
  { doc: "The claim to be made for each pod." },
)
export type ResourceClaimTemplateSpec = TypeOf<typeof ResourceClaimTemplateSpec>

/**
 * From this a claim is made for each pod that names it.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
export const ResourceClaimTemplate = defineResource({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  plural: "resourceclaimtemplates",
  doc: "From this a claim is made for each pod that names it.",
  definition: "io.k8s.api.resource.v1.ResourceClaimTemplate",
  columns: [age],
  strategy: { unconditionalUpdate: true, returnsDeleted: true, validate: validateClaimTemplate },
  fields: {
    spec: message(2, ResourceClaimTemplateSpec, {
      doc: "The claim to be made. It cannot be changed.",
      required: true,
      immutable: true,
    }),
  },
})
export type ResourceClaimTemplate = ObjectOf<typeof ResourceClaimTemplate>
