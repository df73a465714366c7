import { DeleteOptions } from "../../../machinery/meta/options.ts"
import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"

/** A wish to end a pod that gives way to its disruption budget. Posted to the pod's `eviction` subresource. */
export const Eviction = defineResource({
  group: "policy",
  version: "v1",
  kind: "Eviction",
  plural: "evictions",
  verbs: ["create"],
  doc: "A wish to end a pod that gives way to its disruption budget.",
  definition: "io.k8s.api.policy.v1.Eviction",
  fields: {
    deleteOptions: message(2, DeleteOptions, { doc: "How the pod is to be deleted." }),
  },
})
export type Eviction = ObjectOf<typeof Eviction>
