import { deepEqual } from "../../../machinery/patch/structure.ts"
import { bool, int32, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { Draft, TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { age, someOf } from "../../columns.ts"
import { ObjectReference } from "../../core/v1/references.ts"

const { validateEndpointSlice } = onFirstCall<typeof import("./validation/endpoint-slice.ts")>(
  "./validation/endpoint-slice.ts",
  import.meta.url,
)

export const EndpointConditions = struct(
  "io.k8s.api.discovery.v1.EndpointConditions",
  {
    ready: bool(1, {
      doc: "Whether it should get new traffic: it serves and is not ending, or its service publishes all addresses. Absent means true.",
      pointer: true,
    }),
    serving: bool(2, { doc: "Whether it can answer, even while it is ending. Absent means true.", pointer: true }),
    terminating: bool(3, { doc: "Whether it is ending. Absent means false.", pointer: true }),
  },
  { doc: "Whether an endpoint can take traffic." },
)
export type EndpointConditions = TypeOf<typeof EndpointConditions>

export const ForZone = struct(
  "io.k8s.api.discovery.v1.ForZone",
  {
    name: string(1, { doc: "The name of the zone.", required: true }),
  },
  { doc: "A zone whose clients should use an endpoint." },
)
export type ForZone = TypeOf<typeof ForZone>

export const ForNode = struct(
  "io.k8s.api.discovery.v1.ForNode",
  {
    name: string(1, { doc: "The name of the node.", required: true }),
  },
  { doc: "A node whose clients should use an endpoint." },
)
export type ForNode = TypeOf<typeof ForNode>

export const EndpointHints = struct(
  "io.k8s.api.discovery.v1.EndpointHints",
  {
    forZones: list(1, ForZone, { doc: "The zones whose clients should use it; at most 8.", listType: "atomic" }),
    forNodes: list(2, ForNode, { doc: "The nodes whose clients should use it; at most 8.", listType: "atomic" }),
  },
  { doc: "Which clients should prefer an endpoint." },
)
export type EndpointHints = TypeOf<typeof EndpointHints>

export const Endpoint = struct(
  "io.k8s.api.discovery.v1.Endpoint",
  {
    addresses: list(1, "string", {
      doc: "Its addresses, 1 to 100, all for the same endpoint. Proxies use only the first.",
      required: true,
      listType: "set",
    }),
    conditions: message(2, EndpointConditions, { doc: "Whether it can take traffic.", always: true }),
    hostname: string(3, { doc: "The name that DNS gives it below the service's name. A DNS label.", pointer: true }),
    targetRef: message(4, ObjectReference, { doc: "The object behind it, usually a pod." }),
    deprecatedTopology: map(5, "string", {
      doc: "What the older API said about its place; cannot be written. See nodeName and zone.",
    }),
    nodeName: string(6, { doc: "The node that it is on.", pointer: true }),
    zone: string(7, { doc: "The zone that it is in.", pointer: true }),
    hints: message(8, EndpointHints, { doc: "Which clients should prefer it." }),
  },
  { doc: "One pod or server that takes traffic of a service." },
)
export type Endpoint = TypeOf<typeof Endpoint>

export const EndpointPort = struct(
  "io.k8s.api.discovery.v1.EndpointPort",
  {
    name: string(1, {
      doc: "The name of the service's port, unique in the slice. Default: empty.",
      default: "",
      pointer: true,
    }),
    protocol: string(2, { doc: "TCP, UDP or SCTP. Default TCP.", default: "TCP", pointer: true }),
    port: int32(3, { doc: "The port number. Proxies pass over ports without one.", pointer: true }),
    appProtocol: string(4, {
      doc: "The protocol spoken on the port, such as http or kubernetes.io/h2c. A hint for proxies that understand it.",
      pointer: true,
    }),
  },
  { doc: "A port at which all endpoints of a slice serve.", mapType: "atomic" },
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

/**
 * Some of the endpoints behind a service, up to 1000.
 * https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
 */
export const EndpointSlice = defineResource({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  doc: "Some of the endpoints behind a service, up to 1000. The service is named by the label kubernetes.io/service-name.",
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
    addressType: string(4, {
      doc: "What the addresses are: IPv4, IPv6 or FQDN. It cannot be changed.",
      immutable: true,
      required: true,
    }),
    endpoints: list(2, Endpoint, {
      doc: "The endpoints of this slice, at most 1000.",
      always: true,
      listType: "atomic",
    }),
    ports: list(3, EndpointPort, {
      doc: "The ports of each endpoint, at most 100. Empty: there are none.",
      always: true,
      listType: "atomic",
    }),
  },
})
export type EndpointSlice = ObjectOf<typeof EndpointSlice>
