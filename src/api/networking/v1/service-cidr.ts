import { Condition } from "../../../machinery/meta/condition.ts"
import { list, message, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { keepMetadata } from "../../keep-metadata.ts"
import { validateServiceCidr, validateServiceCidrUpdate } from "./validation/service-range.ts"

export const ServiceCIDRSpec = struct(
  "io.k8s.api.networking.v1.ServiceCIDRSpec",
  {
    cidrs: list(1, "string", {
      doc: "The ranges, at most one for each IP family. They cannot be changed.",
      listType: "atomic",
    }),
  },
  { doc: "Ranges for addresses of services." },
)
export type ServiceCIDRSpec = TypeOf<typeof ServiceCIDRSpec>

export const ServiceCIDRStatus = struct(
  "io.k8s.api.networking.v1.ServiceCIDRStatus",
  {
    conditions: list(1, Condition, {
      doc: "Ready is True when services can get addresses from here.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "Whether addresses can be taken from the ranges." },
)
export type ServiceCIDRStatus = TypeOf<typeof ServiceCIDRStatus>

/**
 * Ranges from which services get their addresses.
 * https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
 */
export const ServiceCIDR = defineResource({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"], resets: ["metadata", "spec"] },
  },
  doc: "Ranges from which services get their addresses.",
  definition: "io.k8s.api.networking.v1.ServiceCIDR",
  columns: [
    { name: "CIDRs", type: "string", doc: "The ranges.", value: ({ spec }) => (spec.cidrs ?? []).join(",") },
    age,
  ],
  strategy: {
    unconditionalUpdate: true,
    validateCreate: validateServiceCidr,
    validateUpdate: validateServiceCidrUpdate,
    prepareStatusUpdate: keepMetadata,
  },
  fields: {
    spec: message(2, ServiceCIDRSpec, { doc: "The ranges.", always: true }),
    status: message(3, ServiceCIDRStatus, { doc: "Whether the ranges are in use. Read only for users.", always: true }),
  },
})
export type ServiceCIDR = ObjectOf<typeof ServiceCIDR>
