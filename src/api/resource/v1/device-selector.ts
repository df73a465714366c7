import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const CELDeviceSelector = struct(
  "io.k8s.api.resource.v1.CELDeviceSelector",
  {
    expression: string(1, {
      doc: "The CEL expression, such as device.driver == 'gpu.example.com'. It sees the device's attributes and capacity.",
      required: true,
    }),
  },
  { doc: "A CEL condition on a device." },
)
export type CELDeviceSelector = TypeOf<typeof CELDeviceSelector>

export const DeviceSelector = struct(
  "io.k8s.api.resource.v1.DeviceSelector",
  {
    cel: message(1, CELDeviceSelector, { doc: "A condition in CEL." }),
  },
  { doc: "A condition on a device. Exactly one member must be set." },
)
export type DeviceSelector = TypeOf<typeof DeviceSelector>
