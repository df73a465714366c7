import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const ParentReference = struct("io.k8s.api.networking.v1.ParentReference", {
  group: string(1, { doc: "" }),
  resource: string(2, { doc: "", required: true }),
  namespace: string(3, { doc: "" }),
  name: string(4, { doc: "", required: true }),
})
export type ParentReference = TypeOf<typeof ParentReference>

export const IPAddressSpec = struct("io.k8s.api.networking.v1.IPAddressSpec", {
  parentRef: message(1, ParentReference, { doc: "", required: true, pointer: true }),
})
export type IPAddressSpec = TypeOf<typeof IPAddressSpec>

/** TODO(doc) */
export const IPAddress = defineResource({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  shortNames: ["ip"],
  namespaced: false,
  doc: "",
  definition: "io.k8s.api.networking.v1.IPAddress",
  fields: {
    spec: message(2, IPAddressSpec, { doc: "", required: true }),
  },
})
export type IPAddress = ObjectOf<typeof IPAddress>
