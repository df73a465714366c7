import { Condition } from "../../../machinery/meta/condition.ts"
import { list, message, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ServiceCIDRSpec = struct("io.k8s.api.networking.v1.ServiceCIDRSpec", {
  cidrs: list(1, "string", { doc: "", listType: "atomic" }),
})
export type ServiceCIDRSpec = TypeOf<typeof ServiceCIDRSpec>

export const ServiceCIDRStatus = struct("io.k8s.api.networking.v1.ServiceCIDRStatus", {
  conditions: list(1, Condition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
})
export type ServiceCIDRStatus = TypeOf<typeof ServiceCIDRStatus>

/** TODO(doc) */
export const ServiceCIDR = defineResource({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.networking.v1.ServiceCIDR",
  fields: {
    spec: message(2, ServiceCIDRSpec, { doc: "", always: true }),
    status: message(3, ServiceCIDRStatus, { doc: "", always: true }),
  },
})
export type ServiceCIDR = ObjectOf<typeof ServiceCIDR>
