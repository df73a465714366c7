import { ObjectMeta } from "../../../machinery/meta/object-meta.ts"
import { message, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { ResourceClaimSpec } from "./resource-claim.ts"

export const ResourceClaimTemplateSpec = struct("io.k8s.api.resource.v1.ResourceClaimTemplateSpec", {
  metadata: message(1, ObjectMeta, { doc: "", always: true }),
  spec: message(2, ResourceClaimSpec, { doc: "", required: true }),
})
export type ResourceClaimTemplateSpec = TypeOf<typeof ResourceClaimTemplateSpec>

/** TODO(doc) */
export const ResourceClaimTemplate = defineResource({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  plural: "resourceclaimtemplates",
  doc: "",
  definition: "io.k8s.api.resource.v1.ResourceClaimTemplate",
  fields: {
    spec: message(2, ResourceClaimTemplateSpec, { doc: "", required: true }),
  },
})
export type ResourceClaimTemplate = ObjectOf<typeof ResourceClaimTemplate>
