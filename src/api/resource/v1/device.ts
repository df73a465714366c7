import { bool, int64, list, map, message, quantity, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NodeSelector } from "../../core/v1/node-selector.ts"

export const DeviceAttribute = struct(
  "io.k8s.api.resource.v1.DeviceAttribute",
  {
    int: int64(2, { doc: "A whole number.", pointer: true }),
    bool: bool(3, { doc: "True or false.", pointer: true }),
    string: string(4, { doc: "A text of at most 64 characters.", pointer: true }),
    version: string(5, { doc: "A semantic version, such as 1.2.3, of at most 64 characters.", pointer: true }),
    ints: list(6, "int64", { doc: "A list of whole numbers, at least one.", listType: "atomic" }),
    bools: list(7, "bool", { doc: "A list of true and false, at least one.", listType: "atomic" }),
    strings: list(8, "string", {
      doc: "A list of texts, at least one, each of at most 64 characters.",
      listType: "atomic",
    }),
    versions: list(9, "string", {
      doc: "A list of semantic versions, at least one, each of at most 64 characters.",
      listType: "atomic",
    }),
  },
  { doc: "A fact about a device. Exactly one member must be set." },
)
export type DeviceAttribute = TypeOf<typeof DeviceAttribute>

export const CapacityRequestPolicyRange = struct(
  "io.k8s.api.resource.v1.CapacityRequestPolicyRange",
  {
    min: quantity(1, {
      doc: "The least that one use takes; smaller wishes are rounded up.",
      required: true,
      pointer: true,
    }),
    max: quantity(2, { doc: "The most that one use may take. Default: all that the device has." }),
    step: quantity(3, { doc: "Amounts go up from min in steps of this size. Default: any amount." }),
  },
  { doc: "How much one use may take, as a range." },
)
export type CapacityRequestPolicyRange = TypeOf<typeof CapacityRequestPolicyRange>

export const CapacityRequestPolicy = struct(
  "io.k8s.api.resource.v1.CapacityRequestPolicy",
  {
    default: quantity(1, { doc: "How much a use takes that asks for nothing." }),
    validValues: list(3, "quantity", {
      doc: "The amounts that are possible, in ascending order, at most 10; wishes are rounded up to the next.",
      listType: "atomic",
    }),
    validRange: message(4, CapacityRequestPolicyRange, { doc: "The range of amounts that are possible." }),
  },
  { doc: "How much of a capacity one use may take. At most one of validValues and validRange is set." },
)
export type CapacityRequestPolicy = TypeOf<typeof CapacityRequestPolicy>

export const DeviceCapacity = struct(
  "io.k8s.api.resource.v1.DeviceCapacity",
  {
    value: quantity(1, { doc: "How much there is in all, whatever is in use.", required: true }),
    requestPolicy: message(2, CapacityRequestPolicy, {
      doc: "How much one use may take, for devices that can be shared. Default: any amount.",
    }),
  },
  { doc: "How much of something a device has." },
)
export type DeviceCapacity = TypeOf<typeof DeviceCapacity>

export const Counter = struct(
  "io.k8s.api.resource.v1.Counter",
  {
    value: quantity(1, { doc: "The amount itself.", required: true }),
  },
  { doc: "How much of something there is or is needed." },
)
export type Counter = TypeOf<typeof Counter>

export const DeviceCounterConsumption = struct(
  "io.k8s.api.resource.v1.DeviceCounterConsumption",
  {
    counterSet: string(1, { doc: "The set of counters.", required: true }),
    counters: map(2, Counter, { doc: "How much is taken from each counter of the set.", required: true }),
  },
  { doc: "What a device takes from counters that several devices share." },
)
export type DeviceCounterConsumption = TypeOf<typeof DeviceCounterConsumption>

export const DeviceTaint = struct(
  "io.k8s.api.resource.v1.DeviceTaint",
  {
    key: string(1, { doc: "The key of the taint.", required: true }),
    value: string(2, { doc: "The value of the taint." }),
    effect: string(3, {
      doc: "None only informs, NoSchedule keeps new claims away, NoExecute also ends the pods that use the device.",
      required: true,
    }),
    timeAdded: time(4, { doc: "When the taint was set." }),
  },
  { doc: "A mark on a device that keeps away claims that do not tolerate it." },
)
export type DeviceTaint = TypeOf<typeof DeviceTaint>

export const NodeAllocatableResourceMapping = struct(
  "io.k8s.api.resource.v1.NodeAllocatableResourceMapping",
  {
    capacityKey: string(1, {
      doc: "The capacity of the device whose use is counted. Default: the devices themselves are counted.",
      pointer: true,
    }),
    allocationMultiplier: quantity(2, { doc: "How much of the node's resource one counted unit takes. Default 1." }),
  },
  { doc: "What using a device takes from a node's cpu, memory and similar resources." },
)
export type NodeAllocatableResourceMapping = TypeOf<typeof NodeAllocatableResourceMapping>

export const Device = struct(
  "io.k8s.api.resource.v1.Device",
  {
    name: string(1, { doc: "A DNS label, unique in the pool.", required: true }),
    attributes: map(2, DeviceAttribute, { doc: "Facts about the device that conditions can use." }),
    capacity: map(3, DeviceCapacity, { doc: "How much of different things the device has, such as memory." }),
    consumesCounters: list(4, DeviceCounterConsumption, {
      doc: "What it takes from counters that it shares with other devices.",
      listType: "atomic",
    }),
    nodeName: string(5, { doc: "The node that has it. Only if the slice has perDeviceNodeSelection.", pointer: true }),
    nodeSelector: message(6, NodeSelector, {
      doc: "The nodes that can reach it. Only if the slice has perDeviceNodeSelection.",
    }),
    allNodes: bool(7, {
      doc: "Whether every node can reach it. Only if the slice has perDeviceNodeSelection.",
      pointer: true,
    }),
    taints: list(8, DeviceTaint, { doc: "Marks that keep away claims that do not tolerate them.", listType: "atomic" }),
    bindsToNode: bool(9, {
      doc: "Whether a claim that gets it is tied to the node that was chosen then. Default false.",
      pointer: true,
    }),
    bindingConditions: list(10, "string", {
      doc: "Conditions, at most 4, that must be True before a pod that uses it is put on the node.",
      listType: "atomic",
    }),
    bindingFailureConditions: list(11, "string", {
      doc: "Conditions, at most 4, one of which, if True, means that another device must be chosen.",
      listType: "atomic",
    }),
    allowMultipleAllocations: bool(12, { doc: "Whether several claims can share it. Default false.", pointer: true }),
    nodeAllocatableResourceMappings: map(13, NodeAllocatableResourceMapping, {
      doc: "What using it takes from the node's own resources, by resource.",
    }),
  },
  { doc: "A device, and what is known about it." },
)
export type Device = TypeOf<typeof Device>
