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
    ip: string(1, { doc: "", required: true }),
    hostname: string(3, { doc: "" }),
    nodeName: string(4, { doc: "", pointer: true }),
    targetRef: message(2, ObjectReference, { doc: "" }),
  },
  { mapType: "atomic" },
)
export type EndpointAddress = TypeOf<typeof EndpointAddress>

export const EndpointPort = struct(
  "io.k8s.api.core.v1.EndpointPort",
  {
    name: string(1, { doc: "" }),
    port: int32(2, { doc: "", required: true }),
    protocol: string(3, { doc: "", default: "TCP" }),
    appProtocol: string(4, { doc: "", pointer: true }),
  },
  { mapType: "atomic" },
)
export type EndpointPort = TypeOf<typeof EndpointPort>

export const EndpointSubset = struct("io.k8s.api.core.v1.EndpointSubset", {
  addresses: list(1, EndpointAddress, { doc: "", listType: "atomic" }),
  notReadyAddresses: list(2, EndpointAddress, { doc: "", listType: "atomic" }),
  ports: list(3, EndpointPort, { doc: "", listType: "atomic" }),
})
export type EndpointSubset = TypeOf<typeof EndpointSubset>

const SHOWN_MAX = 3

function endpointsCell(subsets: readonly EndpointSubset[] = []): string {
  if (subsets.length === 0) return "<none>"
  const shown = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  )
  return someOf(shown, SHOWN_MAX, "")
}

/** TODO(doc) */
export const Endpoints = defineResource({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  shortNames: ["ep"],
  doc: "",
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
    subsets: list(2, EndpointSubset, { doc: "", listType: "atomic" }),
  },
})
export type Endpoints = ObjectOf<typeof Endpoints>
