import { bool, inline, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NodeSelector } from "../../core/v1/node-selector.ts"
import { DeviceToleration } from "./device-claim.ts"
import { DeviceConfiguration } from "./device-configuration.ts"

export const DeviceRequestAllocationResult = struct("io.k8s.api.resource.v1.DeviceRequestAllocationResult", {
  request: string(1, { doc: "", required: true }),
  driver: string(2, { doc: "", required: true }),
  pool: string(3, { doc: "", required: true }),
  device: string(4, { doc: "", required: true }),
  adminAccess: bool(5, { doc: "", pointer: true }),
  tolerations: list(6, DeviceToleration, { doc: "", listType: "atomic" }),
  bindingConditions: list(7, "string", { doc: "", listType: "atomic" }),
  bindingFailureConditions: list(8, "string", { doc: "", listType: "atomic" }),
  shareID: string(9, { doc: "", pointer: true }),
  consumedCapacity: map(10, "quantity", { doc: "" }),
})
export type DeviceRequestAllocationResult = TypeOf<typeof DeviceRequestAllocationResult>

export const DeviceAllocationConfiguration = struct("io.k8s.api.resource.v1.DeviceAllocationConfiguration", {
  source: string(1, { doc: "", required: true }),
  requests: list(2, "string", { doc: "", listType: "atomic" }),
  deviceConfiguration: inline(3, DeviceConfiguration),
})
export type DeviceAllocationConfiguration = TypeOf<typeof DeviceAllocationConfiguration>

export const DeviceAllocationResult = struct("io.k8s.api.resource.v1.DeviceAllocationResult", {
  results: list(1, DeviceRequestAllocationResult, { doc: "", listType: "atomic" }),
  config: list(2, DeviceAllocationConfiguration, { doc: "", listType: "atomic" }),
})
export type DeviceAllocationResult = TypeOf<typeof DeviceAllocationResult>

export const AllocationResult = struct("io.k8s.api.resource.v1.AllocationResult", {
  devices: message(1, DeviceAllocationResult, { doc: "", always: true }),
  nodeSelector: message(3, NodeSelector, { doc: "" }),
  allocationTimestamp: time(5, { doc: "" }),
})
export type AllocationResult = TypeOf<typeof AllocationResult>
