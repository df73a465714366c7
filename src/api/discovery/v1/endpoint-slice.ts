import { deepEqual } from "../../../machinery/patch/structure.ts"
import { bool, int32, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { age, someOf } from "../../columns.ts"
import { ObjectReference } from "../../core/v1/references.ts"
import { validateEndpointSlice } from "./validation/endpoint-slice.ts"

export const EndpointConditions = struct("io.k8s.api.discovery.v1.EndpointConditions", {
  ready: bool(1, { doc: "", pointer: true }),
  serving: bool(2, { doc: "", pointer: true }),
  terminating: bool(3, { doc: "", pointer: true }),
})
export type EndpointConditions = TypeOf<typeof EndpointConditions>

export const ForZone = struct("io.k8s.api.discovery.v1.ForZone", {
  name: string(1, { doc: "", required: true }),
})
export type ForZone = TypeOf<typeof ForZone>

export const ForNode = struct("io.k8s.api.discovery.v1.ForNode", {
  name: string(1, { doc: "", required: true }),
})
export type ForNode = TypeOf<typeof ForNode>

export const EndpointHints = struct("io.k8s.api.discovery.v1.EndpointHints", {
  forZones: list(1, ForZone, { doc: "", listType: "atomic" }),
  forNodes: list(2, ForNode, { doc: "", listType: "atomic" }),
})
export type EndpointHints = TypeOf<typeof EndpointHints>

export const Endpoint = struct("io.k8s.api.discovery.v1.Endpoint", {
  addresses: list(1, "string", { doc: "", required: true, listType: "set" }),
  conditions: message(2, EndpointConditions, { doc: "", always: true }),
  hostname: string(3, { doc: "", pointer: true }),
  targetRef: message(4, ObjectReference, { doc: "" }),
  deprecatedTopology: map(5, "string", { doc: "" }),
  nodeName: string(6, { doc: "", pointer: true }),
  zone: string(7, { doc: "", pointer: true }),
  hints: message(8, EndpointHints, { doc: "" }),
})
export type Endpoint = TypeOf<typeof Endpoint>

export const EndpointPort = struct(
  "io.k8s.api.discovery.v1.EndpointPort",
  {
    name: string(1, { doc: "", default: "", pointer: true }),
    protocol: string(2, { doc: "", default: "TCP", pointer: true }),
    port: int32(3, { doc: "", pointer: true }),
    appProtocol: string(4, { doc: "", pointer: true }),
  },
  { mapType: "atomic" },
)
export type EndpointPort = TypeOf<typeof EndpointPort>

const SHOWN_MAX = 3
const HOSTNAME_LABEL = "kubernetes.io/hostname"

/** Only what an older version of the API stored there is kept, as the node's name. */
function dropTopology(endpoints: Draft<Endpoint>[], knownNodes: ReadonlySet<string | undefined>): void {
  for (const endpoint of endpoints) {
    const node = endpoint.deprecatedTopology?.[HOSTNAME_LABEL]
    if (node && knownNodes.has(node)) endpoint.nodeName ??= node
    delete endpoint.deprecatedTopology
  }
}

/** TODO(doc) */
export const EndpointSlice = defineResource({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  doc: "",
  definition: "io.k8s.api.discovery.v1.EndpointSlice",
  columns: [
    { name: "AddressType", type: "string", doc: "The kind of all addresses.", value: ({ addressType }) => addressType },
    {
      name: "Ports",
      type: "string",
      doc: "The first ports.",
      value: ({ ports }) =>
        someOf(
          ports.map(({ port, name }) => `${port ?? name}`),
          SHOWN_MAX,
          "<unset>",
        ),
    },
    {
      name: "Endpoints",
      type: "string",
      doc: "The first addresses.",
      value: ({ endpoints }) =>
        someOf(
          endpoints.flatMap(({ addresses }) => addresses),
          SHOWN_MAX,
          "<unset>",
        ),
    },
    age,
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    validate: validateEndpointSlice,
    prepareCreate: ({ endpoints }) => dropTopology(endpoints, new Set()),
    prepareUpdate: ({ metadata, endpoints }, old) => {
      if (!deepEqual(metadata.labels ?? {}, old.metadata.labels ?? {})) {
        metadata.generation = (old.metadata.generation ?? 0) + 1
      }
      if (deepEqual(endpoints, old.endpoints)) return
      dropTopology(
        endpoints,
        new Set(old.endpoints.map(({ deprecatedTopology }) => deprecatedTopology?.[HOSTNAME_LABEL])),
      )
    },
    warnings: ({ addressType }, old) =>
      old === undefined && addressType === "FQDN" ? ["spec.addressType: FQDN endpoints are deprecated"] : [],
  },
  fields: {
    addressType: string(4, { doc: "", immutable: true, required: true }),
    endpoints: list(2, Endpoint, { doc: "", always: true, listType: "atomic" }),
    ports: list(3, EndpointPort, { doc: "", always: true, listType: "atomic" }),
  },
})
export type EndpointSlice = ObjectOf<typeof EndpointSlice>
