import type { Column, StoredMeta } from "../../../machinery/schema/resource.ts"
import { age, labelsCell } from "../../columns.ts"
import type { ServicePort, ServiceSpec, ServiceStatus } from "./service.ts"

interface ServiceObject {
  readonly metadata: StoredMeta
  readonly spec: ServiceSpec
  readonly status: ServiceStatus
}

function externalIpCell({ spec, status }: ServiceObject): string {
  const given = spec.externalIPs ?? []
  switch (spec.type) {
    case "ClusterIP":
    case "NodePort":
      return given.join(",") || "<none>"
    case "LoadBalancer": {
      const assigned = new Set((status.loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || ""))
      assigned.delete("")
      return [...[...assigned].toSorted(), ...given].join(",") || "<pending>"
    }
    case "ExternalName":
      return spec.externalName ?? ""
    default:
      return "<unknown>"
  }
}

function portCell({ port, nodePort = 0, protocol }: ServicePort): string {
  return nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`
}

export const serviceColumns: readonly Column<ServiceObject>[] = [
  { name: "Type", type: "string", doc: "How the service is reached.", value: ({ spec }) => spec.type },
  {
    name: "Cluster-IP",
    type: "string",
    doc: "The address inside the cluster.",
    value: ({ spec }) => spec.clusterIPs?.[0] ?? "<none>",
  },
  { name: "External-IP", type: "string", doc: "Addresses outside the cluster.", value: externalIpCell },
  {
    name: "Port(s)",
    type: "string",
    doc: "The ports, with those on every node.",
    value: ({ spec }) => (spec.ports ?? []).map(portCell).join(",") || "<none>",
  },
  age,
  {
    name: "Selector",
    type: "string",
    priority: 1,
    doc: "The labels of the pods behind the service.",
    value: ({ spec }) => labelsCell(spec.selector),
  },
]
