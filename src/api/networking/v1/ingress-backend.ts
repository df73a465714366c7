import { int32, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { TypedLocalObjectReference } from "../../core/v1/references.ts"

export const ServiceBackendPort = struct(
  "io.k8s.api.networking.v1.ServiceBackendPort",
  {
    name: string(1, { doc: "The name of the port." }),
    number: int32(2, { doc: "The number of the port." }),
  },
  { doc: "A port of a service. Either name or number is set.", mapType: "atomic" },
)
export type ServiceBackendPort = TypeOf<typeof ServiceBackendPort>

export const IngressServiceBackend = struct(
  "io.k8s.api.networking.v1.IngressServiceBackend",
  {
    name: string(1, { doc: "The service, in the namespace of the Ingress.", required: true }),
    port: message(2, ServiceBackendPort, { doc: "The port of the service.", always: true }),
  },
  { doc: "A service that gets requests." },
)
export type IngressServiceBackend = TypeOf<typeof IngressServiceBackend>

export const IngressBackend = struct(
  "io.k8s.api.networking.v1.IngressBackend",
  {
    service: message(4, IngressServiceBackend, { doc: "The service that gets them." }),
    resource: message(3, TypedLocalObjectReference, {
      doc: "Some other object of the same namespace that gets them, such as a storage bucket.",
    }),
  },
  { doc: "Where requests go. Either service or resource is set." },
)
export type IngressBackend = TypeOf<typeof IngressBackend>
