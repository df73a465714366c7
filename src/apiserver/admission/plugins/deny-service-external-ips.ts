import { Service } from "../../../api/core/v1/service.ts"
import type { AdmissionPlugin } from "../plugin.ts"
import { refusal } from "../refusal.ts"

/** Nobody takes over addresses that belong to others; those that a service has already stay. */
export const denyServiceExternalIps: AdmissionPlugin = {
  name: "DenyServiceExternalIPs",
  resources: [Service],
  validate: (request) => {
    const { operation, subresource, object, old } = request
    if ((operation !== "CREATE" && operation !== "UPDATE") || subresource !== "") return
    const addresses = (object as unknown as Service | undefined)?.spec.externalIPs ?? []
    const before = (old as unknown as Service | undefined)?.spec.externalIPs ?? []
    if (addresses.every((address) => before.includes(address))) return
    throw refusal(request, "Use of external IPs is denied by admission control")
  },
}
