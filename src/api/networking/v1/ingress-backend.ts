import { int32, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { TypedLocalObjectReference } from "../../core/v1/references.ts"

export const ServiceBackendPort = struct(
  "io.k8s.api.networking.v1.ServiceBackendPort",
  {
    name: string(1, { doc: "" }),
    number: int32(2, { doc: "" }),
  },
  { mapType: "atomic" },
)
export type ServiceBackendPort = TypeOf<typeof ServiceBackendPort>

export const IngressServiceBackend = struct("io.k8s.api.networking.v1.IngressServiceBackend", {
  name: string(1, { doc: "", required: true }),
  port: message(2, ServiceBackendPort, { doc: "", always: true }),
})
export type IngressServiceBackend = TypeOf<typeof IngressServiceBackend>

export const IngressBackend = struct("io.k8s.api.networking.v1.IngressBackend", {
  service: message(4, IngressServiceBackend, { doc: "" }),
  resource: message(3, TypedLocalObjectReference, { doc: "" }),
})
export type IngressBackend = TypeOf<typeof IngressBackend>
