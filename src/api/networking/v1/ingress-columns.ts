import type { Column, StoredMeta } from "../../../machinery/schema/resource.ts"
import { age } from "../../columns.ts"
import type { IngressSpec, IngressStatus } from "./ingress.ts"

const HOSTS_SHOWN_MAX = 3

interface IngressObject {
  readonly metadata: StoredMeta
  readonly spec: IngressSpec
  readonly status: IngressStatus
}

function hostsCell({ spec: { rules = [] } }: IngressObject): string {
  const shown: string[] = []
  let areMore = false
  for (const { host = "" } of rules) {
    // Rules without a host count as well once there is no more room.
    if (shown.length === HOSTS_SHOWN_MAX) areMore = true
    else if (host !== "") shown.push(host)
  }
  if (shown.length === 0) return "*"
  return areMore ? `${shown.join(",")} + ${rules.length - HOSTS_SHOWN_MAX} more...` : shown.join(",")
}

function addressCell({ status }: IngressObject): string {
  const addresses = new Set((status.loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || ""))
  addresses.delete("")
  return [...addresses].toSorted().join(",")
}

export const ingressColumns: readonly Column<IngressObject>[] = [
  {
    name: "Class",
    type: "string",
    doc: "The IngressClass that serves it.",
    value: ({ spec }) => spec.ingressClassName ?? "<none>",
  },
  { name: "Hosts", type: "string", doc: "The hosts whose requests it leads on.", value: hostsCell },
  { name: "Address", type: "string", doc: "Where it is reached.", value: addressCell },
  {
    name: "Ports",
    type: "string",
    doc: "The ports that are open.",
    value: ({ spec }) => ((spec.tls?.length ?? 0) > 0 ? "80, 443" : "80"),
  },
  age,
]
