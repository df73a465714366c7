import { bool, inline, int64, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { DeviceConfiguration } from "./device-configuration.ts"
import { DeviceSelector } from "./device-selector.ts"

export const DeviceToleration = struct("io.k8s.api.resource.v1.DeviceToleration", {
  key: string(1, { doc: "" }),
  operator: string(2, { doc: "", default: "Equal" }),
  value: string(3, { doc: "" }),
  effect: string(4, { doc: "" }),
  tolerationSeconds: int64(5, { doc: "", pointer: true }),
})
export type DeviceToleration = TypeOf<typeof DeviceToleration>

export const CapacityRequirements = struct("io.k8s.api.resource.v1.CapacityRequirements", {
  requests: map(1, "quantity", { doc: "" }),
})
export type CapacityRequirements = TypeOf<typeof CapacityRequirements>

export const ExactDeviceRequest = struct("io.k8s.api.resource.v1.ExactDeviceRequest", {
  deviceClassName: string(1, { doc: "", required: true }),
  selectors: list(2, DeviceSelector, { doc: "", listType: "atomic" }),
  allocationMode: string(3, { doc: "" }),
  count: int64(4, { doc: "" }),
  adminAccess: bool(5, { doc: "", pointer: true }),
  tolerations: list(6, DeviceToleration, { doc: "", listType: "atomic" }),
  capacity: message(7, CapacityRequirements, { doc: "" }),
})
export type ExactDeviceRequest = TypeOf<typeof ExactDeviceRequest>

export const DeviceSubRequest = struct("io.k8s.api.resource.v1.DeviceSubRequest", {
  name: string(1, { doc: "", required: true }),
  deviceClassName: string(2, { doc: "", required: true }),
  selectors: list(3, DeviceSelector, { doc: "", listType: "atomic" }),
  allocationMode: string(4, { doc: "" }),
  count: int64(5, { doc: "" }),
  tolerations: list(6, DeviceToleration, { doc: "", listType: "atomic" }),
  capacity: message(7, CapacityRequirements, { doc: "" }),
})
export type DeviceSubRequest = TypeOf<typeof DeviceSubRequest>

export const DeviceRequest = struct("io.k8s.api.resource.v1.DeviceRequest", {
  name: string(1, { doc: "", required: true }),
  exactly: message(2, ExactDeviceRequest, { doc: "" }),
  firstAvailable: list(3, DeviceSubRequest, { doc: "", listType: "atomic" }),
})
export type DeviceRequest = TypeOf<typeof DeviceRequest>

export const DeviceConstraint = struct("io.k8s.api.resource.v1.DeviceConstraint", {
  requests: list(1, "string", { doc: "", listType: "atomic" }),
  matchAttribute: string(2, { doc: "", pointer: true }),
  distinctAttribute: string(3, { doc: "", pointer: true }),
})
export type DeviceConstraint = TypeOf<typeof DeviceConstraint>

export const DeviceClaimConfiguration = struct("io.k8s.api.resource.v1.DeviceClaimConfiguration", {
  requests: list(1, "string", { doc: "", listType: "atomic" }),
  deviceConfiguration: inline(2, DeviceConfiguration),
})
export type DeviceClaimConfiguration = TypeOf<typeof DeviceClaimConfiguration>

export const DeviceClaim = struct("io.k8s.api.resource.v1.DeviceClaim", {
  requests: list(1, DeviceRequest, { doc: "", always: true, listType: "atomic" }),
  constraints: list(2, DeviceConstraint, { doc: "", listType: "atomic" }),
  config: list(3, DeviceClaimConfiguration, { doc: "", listType: "atomic" }),
})
export type DeviceClaim = TypeOf<typeof DeviceClaim>
