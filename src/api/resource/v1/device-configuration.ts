import { message, rawExtension, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const OpaqueDeviceConfiguration = struct(
  "io.k8s.api.resource.v1.OpaqueDeviceConfiguration",
  {
    driver: string(1, { doc: "The driver that they are for; others pass over them.", required: true }),
    parameters: rawExtension(2, {
      doc: "The settings, an object with apiVersion and kind of the driver's own; at most 10 KiB.",
      required: true,
    }),
  },
  { doc: "Settings that only a driver understands." },
)
export type OpaqueDeviceConfiguration = TypeOf<typeof OpaqueDeviceConfiguration>

export const DeviceConfiguration = struct(
  "io.k8s.api.resource.v1.DeviceConfiguration",
  {
    opaque: message(1, OpaqueDeviceConfiguration, { doc: "Settings that only a driver understands." }),
  },
  { doc: "Settings for a device. Exactly one member must be set." },
)
export type DeviceConfiguration = TypeOf<typeof DeviceConfiguration>
