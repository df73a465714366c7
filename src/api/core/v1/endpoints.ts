import { hostPort } from "../../../machinery/net/host-port.ts"
import { int32, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age, someOf } from "../../columns.ts"
import { ObjectReference } from "./references.ts"
import { validateSubsets } from "./validation/endpoints.ts"

export const EndpointAddress = struct(
  "io.k8s.api.core.v1.EndpointAddress",
  {
    ip: string(1, { doc: "The address. It may not be a loopback, link-local or multicast address.", required: true }),
    hostname: string(3, { doc: "The name that DNS gives it below the service's name." }),
    nodeName: string(4, { doc: "The node that it is on.", pointer: true }),
    targetRef: message(2, ObjectReference, { doc: "The object behind it, usually a pod." }),
  },
  { doc: "The address of one pod or server.", mapType: "atomic" },
)
export type EndpointAddress = TypeOf<typeof EndpointAddress>

export const EndpointPort = struct(
  "io.k8s.api.core.v1.EndpointPort",
  {
    name: string(1, { doc: "The name of the service's port; needed when there are several." }),
    port: int32(2, { doc: "The port number.", required: true }),
    protocol: string(3, { doc: "TCP, UDP or SCTP. Default TCP.", default: "TCP" }),
    appProtocol: string(4, {
      doc: "The protocol spoken on the port, such as http or kubernetes.io/h2c. A hint for proxies that understand it.",
      pointer: true,
    }),
  },
  { doc: "A port at which all addresses of a subset serve.", mapType: "atomic" },
)
export type EndpointPort = TypeOf<typeof EndpointPort>

export const EndpointSubset = struct(
  "io.k8s.api.core.v1.EndpointSubset",
  {
    addresses: list(1, EndpointAddress, { doc: "The addresses that can take traffic.", listType: "atomic" }),
    notReadyAddresses: list(2, EndpointAddress, {
      doc: "The addresses that cannot take traffic at the moment.",
      listType: "atomic",
    }),
    ports: list(3, EndpointPort, { doc: "The ports of each of these addresses.", listType: "atomic" }),
  },
  { doc: "Addresses that all serve at the same ports." },
)
export type EndpointSubset = TypeOf<typeof EndpointSubset>

const SHOWN_MAX = 3

function endpointsCell(subsets: readonly EndpointSubset[] = []): string {
  if (subsets.length === 0) return "<none>"
  const shown = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort({ host: ip, port }))),
  )
  return someOf(shown, SHOWN_MAX, "")
}

/**
 * The addresses behind a service of the same name.
 * https://kubernetes.io/docs/concepts/services-networking/service/#endpoints
 */
export const Endpoints = defineResource({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  shortNames: ["ep"],
  doc: "The addresses behind a service of the same name. Replaced by EndpointSlice, which also holds large services and two IP families.",
  deprecated: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  definition: "io.k8s.api.core.v1.Endpoints",
  columns: [
    {
      name: "Endpoints",
      type: "string",
      doc: "The first ready addresses.",
      value: ({ subsets }) => endpointsCell(subsets),
    },
    age,
  ],
  strategy: {
    createOnUpdate: true,
    unconditionalUpdate: true,
    validate: ({ subsets }) => validateSubsets(subsets ?? []),
  },
  fields: {
    subsets: list(2, EndpointSubset, {
      doc: "The addresses, grouped by the ports that they serve at.",
      listType: "atomic",
    }),
  },
})
export type Endpoints = ObjectOf<typeof Endpoints>
