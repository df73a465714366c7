import { bool, int64, list, map, message, quantity, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NodeSelector } from "../../core/v1/node-selector.ts"

export const DeviceAttribute = struct("io.k8s.api.resource.v1.DeviceAttribute", {
  int: int64(2, { doc: "", pointer: true }),
  bool: bool(3, { doc: "", pointer: true }),
  string: string(4, { doc: "", pointer: true }),
  version: string(5, { doc: "", pointer: true }),
  ints: list(6, "int64", { doc: "", listType: "atomic" }),
  bools: list(7, "bool", { doc: "", listType: "atomic" }),
  strings: list(8, "string", { doc: "", listType: "atomic" }),
  versions: list(9, "string", { doc: "", listType: "atomic" }),
})
export type DeviceAttribute = TypeOf<typeof DeviceAttribute>

export const CapacityRequestPolicyRange = struct("io.k8s.api.resource.v1.CapacityRequestPolicyRange", {
  min: quantity(1, { doc: "", required: true, pointer: true }),
  max: quantity(2, { doc: "" }),
  step: quantity(3, { doc: "" }),
})
export type CapacityRequestPolicyRange = TypeOf<typeof CapacityRequestPolicyRange>

export const CapacityRequestPolicy = struct("io.k8s.api.resource.v1.CapacityRequestPolicy", {
  default: quantity(1, { doc: "" }),
  validValues: list(3, "quantity", { doc: "", listType: "atomic" }),
  validRange: message(4, CapacityRequestPolicyRange, { doc: "" }),
})
export type CapacityRequestPolicy = TypeOf<typeof CapacityRequestPolicy>

export const DeviceCapacity = struct("io.k8s.api.resource.v1.DeviceCapacity", {
  value: quantity(1, { doc: "", required: true }),
  requestPolicy: message(2, CapacityRequestPolicy, { doc: "" }),
})
export type DeviceCapacity = TypeOf<typeof DeviceCapacity>

export const Counter = struct("io.k8s.api.resource.v1.Counter", {
  value: quantity(1, { doc: "", required: true }),
})
export type Counter = TypeOf<typeof Counter>

export const DeviceCounterConsumption = struct("io.k8s.api.resource.v1.DeviceCounterConsumption", {
  counterSet: string(1, { doc: "", required: true }),
  counters: map(2, Counter, { doc: "", required: true }),
})
export type DeviceCounterConsumption = TypeOf<typeof DeviceCounterConsumption>

export const DeviceTaint = struct("io.k8s.api.resource.v1.DeviceTaint", {
  key: string(1, { doc: "", required: true }),
  value: string(2, { doc: "" }),
  effect: string(3, { doc: "", required: true }),
  timeAdded: time(4, { doc: "" }),
})
export type DeviceTaint = TypeOf<typeof DeviceTaint>

export const NodeAllocatableResourceMapping = struct("io.k8s.api.resource.v1.NodeAllocatableResourceMapping", {
  capacityKey: string(1, { doc: "", pointer: true }),
  allocationMultiplier: quantity(2, { doc: "" }),
})
export type NodeAllocatableResourceMapping = TypeOf<typeof NodeAllocatableResourceMapping>

export const Device = struct("io.k8s.api.resource.v1.Device", {
  name: string(1, { doc: "", required: true }),
  attributes: map(2, DeviceAttribute, { doc: "" }),
  capacity: map(3, DeviceCapacity, { doc: "" }),
  consumesCounters: list(4, DeviceCounterConsumption, { doc: "", listType: "atomic" }),
  nodeName: string(5, { doc: "", pointer: true }),
  nodeSelector: message(6, NodeSelector, { doc: "" }),
  allNodes: bool(7, { doc: "", pointer: true }),
  taints: list(8, DeviceTaint, { doc: "", listType: "atomic" }),
  bindsToNode: bool(9, { doc: "", pointer: true }),
  bindingConditions: list(10, "string", { doc: "", listType: "atomic" }),
  bindingFailureConditions: list(11, "string", { doc: "", listType: "atomic" }),
  allowMultipleAllocations: bool(12, { doc: "", pointer: true }),
  nodeAllocatableResourceMappings: map(13, NodeAllocatableResourceMapping, { doc: "" }),
})
export type Device = TypeOf<typeof Device>
