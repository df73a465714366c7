import { message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const CELDeviceSelector = struct("io.k8s.api.resource.v1.CELDeviceSelector", {
  expression: string(1, { doc: "", required: true }),
})
export type CELDeviceSelector = TypeOf<typeof CELDeviceSelector>

export const DeviceSelector = struct("io.k8s.api.resource.v1.DeviceSelector", {
  cel: message(1, CELDeviceSelector, { doc: "" }),
})
export type DeviceSelector = TypeOf<typeof DeviceSelector>
