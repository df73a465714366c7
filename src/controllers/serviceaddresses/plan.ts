import { isIPv4 } from "node:net"
import type { Service } from "../../api/core/v1/service.ts"
import type { IPAddress } from "../../api/networking/v1/ip-address.ts"

export interface Step {
  readonly do: "create" | "delete"
  readonly address: string
}

/** The changes after which exactly the service's addresses stand in its name. `own`: those that do now. */
export function plan(service: Service | undefined, own: readonly IPAddress[]): readonly Step[] {
  const wanted = new Set(service === undefined ? [] : addressesOf(service))
  const found = new Set(own.map(({ metadata }) => metadata.name))
  return [
    ...[...wanted.difference(found)].map((address): Step => ({ do: "create", address })),
    ...[...found.difference(wanted)].map((address): Step => ({ do: "delete", address })),
  ]
}

/** Headless services and names of others have none. */
function addressesOf({ spec }: Service): readonly string[] {
  if (spec.type === "ExternalName") return []
  const all = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])
  return all.filter((address) => isIPv4(address))
}
