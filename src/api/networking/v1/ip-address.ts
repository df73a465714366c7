import { ipAddress } from "../../../machinery/names/addresses.ts"
import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { validateIpAddress } from "./validation/service-range.ts"

export const ParentReference = struct(
  "io.k8s.api.networking.v1.ParentReference",
  {
    group: string(1, { doc: "The API group of the object; empty for the core group." }),
    resource: string(2, { doc: "The resource of the object, such as services.", required: true }),
    namespace: string(3, { doc: "The namespace of the object." }),
    name: string(4, { doc: "The name of the object.", required: true }),
  },
  { doc: "The object that an address belongs to." },
)
export type ParentReference = TypeOf<typeof ParentReference>

export const IPAddressSpec = struct(
  "io.k8s.api.networking.v1.IPAddressSpec",
  {
    parentRef: message(1, ParentReference, {
      doc: "The object that uses the address, usually a service. It cannot be changed.",
      immutable: true,
      required: true,
      pointer: true,
    }),
  },
  { doc: "Whose address it is." },
)
export type IPAddressSpec = TypeOf<typeof IPAddressSpec>

/**
 * An address of a service that is taken.
 * https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
 */
export const IPAddress = defineResource({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  shortNames: ["ip"],
  namespaced: false,
  doc: "An address of a service that is taken. The object's name is the address.",
  definition: "io.k8s.api.networking.v1.IPAddress",
  columns: [
    {
      name: "ParentRef",
      type: "string",
      doc: "The object that uses the address.",
      value: ({ spec: { parentRef } }) => {
        if (parentRef === undefined) return "<none>"
        const { group = "", resource, namespace = "", name } = parentRef
        const kind = (group === "" ? resource : `${resource}.${group}`).toLowerCase()
        return namespace === "" ? `${kind}/${name}` : `${kind}/${namespace}/${name}`
      },
    },
  ],
  strategy: {
    nameFormat: { name: "ipAddress", check: ipAddress },
    unconditionalUpdate: true,
    validate: validateIpAddress,
  },
  fields: {
    spec: message(2, IPAddressSpec, { doc: "Whose address it is.", required: true }),
  },
})
export type IPAddress = ObjectOf<typeof IPAddress>

/** Labels of addresses, and who gives services theirs, under the names that other tools know. */
export const IP_FAMILY = "ipaddress.kubernetes.io/ip-family"
export const MANAGED_BY = "ipaddress.kubernetes.io/managed-by"
export const SERVICE_ALLOCATOR = "ipallocator.k8s.io"

/** Whether a service was given the address; people can make such objects, too. */
export function isOfService({ metadata: { labels } }: IPAddress): boolean {
  return labels?.[MANAGED_BY] === SERVICE_ALLOCATOR
}
