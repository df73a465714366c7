import { bool, inline, int64, list, map, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { DeviceConfiguration } from "./device-configuration.ts"
import { DeviceSelector } from "./device-selector.ts"

export const DeviceToleration = struct(
  "io.k8s.api.resource.v1.DeviceToleration",
  {
    key: string(1, { doc: "The taint's key. Empty, together with the operator Exists: every taint." }),
    operator: string(2, {
      doc: "Equal (the default) also compares the value; Exists looks only at the key.",
      default: "Equal",
    }),
    value: string(3, { doc: "The taint's value; must be empty with Exists." }),
    effect: string(4, { doc: "The effect that is tolerated: NoSchedule or NoExecute. Empty: both." }),
    tolerationSeconds: int64(5, {
      doc: "For how many seconds a pod may stay after a NoExecute taint appears. Default: for ever; 0 or less: not at all.",
      pointer: true,
    }),
  },
  { doc: "A taint of devices that a request puts up with." },
)
export type DeviceToleration = TypeOf<typeof DeviceToleration>

export const CapacityRequirements = struct(
  "io.k8s.api.resource.v1.CapacityRequirements",
  {
    requests: map(1, "quantity", {
      doc: "How much of each capacity. A name that is left out means what the device's own policy says.",
    }),
  },
  { doc: "How much of a device is needed." },
)
export type CapacityRequirements = TypeOf<typeof CapacityRequirements>

function defaultCount(request: { allocationMode: string; count?: number }): void {
  if (request.allocationMode === "ExactCount") request.count ||= 1
}

export const ExactDeviceRequest = struct(
  "io.k8s.api.resource.v1.ExactDeviceRequest",
  {
    deviceClassName: string(1, { doc: "The DeviceClass, whose conditions and settings also apply.", required: true }),
    selectors: list(2, DeviceSelector, {
      doc: "Conditions that each device must meet, all of them.",
      listType: "atomic",
    }),
    allocationMode: string(3, {
      doc: "ExactCount (the default) for as many as count says, All for every device of a pool that fits.",
      default: "ExactCount",
    }),
    count: int64(4, { doc: "How many devices. Only with ExactCount; default 1." }),
    adminAccess: bool(5, {
      doc: "Whether access is for administration, beside all other users of the device. Only in namespaces that are labelled for it. Default false.",
      pointer: true,
    }),
    tolerations: list(6, DeviceToleration, {
      doc: "Taints of devices that are put up with, at most 16.",
      listType: "atomic",
    }),
    capacity: message(7, CapacityRequirements, {
      doc: "How much of each device is needed. Default: what the device's own policy says, else all of it.",
    }),
  },
  { doc: "Asks for devices of one class.", defaults: (request) => defaultCount(request) },
)
export type ExactDeviceRequest = TypeOf<typeof ExactDeviceRequest>

export const DeviceSubRequest = struct(
  "io.k8s.api.resource.v1.DeviceSubRequest",
  {
    name: string(1, { doc: "A DNS label, unique among the alternatives.", required: true }),
    deviceClassName: string(2, { doc: "The DeviceClass, whose conditions and settings also apply.", required: true }),
    selectors: list(3, DeviceSelector, {
      doc: "Conditions that each device must meet, all of them.",
      listType: "atomic",
    }),
    allocationMode: string(4, {
      doc: "ExactCount (the default) for as many as count says, All for every device of a pool that fits.",
      default: "ExactCount",
    }),
    count: int64(5, { doc: "How many devices. Only with ExactCount; default 1." }),
    tolerations: list(6, DeviceToleration, {
      doc: "Taints of devices that are put up with, at most 16.",
      listType: "atomic",
    }),
    capacity: message(7, CapacityRequirements, {
      doc: "How much of each device is needed. Default: what the device's own policy says, else all of it.",
    }),
  },
  {
    doc: "Asks for devices of one class, as one of several alternatives.",
    defaults: (request) => defaultCount(request),
  },
)
export type DeviceSubRequest = TypeOf<typeof DeviceSubRequest>

export const DeviceRequest = struct(
  "io.k8s.api.resource.v1.DeviceRequest",
  {
    name: string(1, {
      doc: "A DNS label, unique in the claim, by which containers and constraints refer to it.",
      required: true,
    }),
    exactly: message(2, ExactDeviceRequest, { doc: "What is asked for." }),
    firstAvailable: list(3, DeviceSubRequest, {
      doc: "Alternatives, at most 8; the first that can be met is taken.",
      listType: "atomic",
    }),
  },
  { doc: "Asks for devices. Either exactly or firstAvailable must be set." },
)
export type DeviceRequest = TypeOf<typeof DeviceRequest>

export const DeviceConstraint = struct(
  "io.k8s.api.resource.v1.DeviceConstraint",
  {
    requests: list(1, "string", { doc: "The requests whose devices are meant. Empty: all.", listType: "atomic" }),
    matchAttribute: string(2, {
      doc: "An attribute, with its domain, that must have the same value for all of them.",
      pointer: true,
    }),
    distinctAttribute: string(3, {
      doc: "An attribute, with its domain, that must have another value for each of them.",
      pointer: true,
    }),
  },
  { doc: "What devices must have in common." },
)
export type DeviceConstraint = TypeOf<typeof DeviceConstraint>

export const DeviceClaimConfiguration = struct(
  "io.k8s.api.resource.v1.DeviceClaimConfiguration",
  {
    requests: list(1, "string", { doc: "The requests that they are for. Empty: all.", listType: "atomic" }),
    deviceConfiguration: inline(2, DeviceConfiguration),
  },
  { doc: "Settings for devices that a claim gets." },
)
export type DeviceClaimConfiguration = TypeOf<typeof DeviceClaimConfiguration>

export const DeviceClaim = struct(
  "io.k8s.api.resource.v1.DeviceClaim",
  {
    requests: list(1, DeviceRequest, {
      doc: "The devices, at most 32 requests. All must be met.",
      always: true,
      listType: "atomic",
    }),
    constraints: list(2, DeviceConstraint, { doc: "What the devices must have in common.", listType: "atomic" }),
    config: list(3, DeviceClaimConfiguration, { doc: "Settings that are passed to the drivers.", listType: "atomic" }),
  },
  { doc: "Which devices a claim asks for." },
)
export type DeviceClaim = TypeOf<typeof DeviceClaim>
