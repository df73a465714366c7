import { message, rawExtension, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const OpaqueDeviceConfiguration = struct("io.k8s.api.resource.v1.OpaqueDeviceConfiguration", {
  driver: string(1, { doc: "", required: true }),
  parameters: rawExtension(2, { doc: "", required: true }),
})
export type OpaqueDeviceConfiguration = TypeOf<typeof OpaqueDeviceConfiguration>

export const DeviceConfiguration = struct("io.k8s.api.resource.v1.DeviceConfiguration", {
  opaque: message(1, OpaqueDeviceConfiguration, { doc: "" }),
})
export type DeviceConfiguration = TypeOf<typeof DeviceConfiguration>
