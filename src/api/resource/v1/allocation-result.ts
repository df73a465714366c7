import { bool, inline, list, map, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NodeSelector } from "../../core/v1/node-selector.ts"
import { DeviceToleration } from "./device-claim.ts"
import { DeviceConfiguration } from "./device-configuration.ts"

export const DeviceRequestAllocationResult = struct(
  "io.k8s.api.resource.v1.DeviceRequestAllocationResult",
  {
    request: string(1, { doc: "The request, or <request>/<subrequest>.", required: true }),
    driver: string(2, { doc: "The driver of the device.", required: true }),
    pool: string(3, { doc: "The pool that has the device.", required: true }),
    device: string(4, { doc: "The name of the device in its pool.", required: true }),
    adminAccess: bool(5, {
      doc: "Whether it is given for administration, beside its other users. Default false.",
      pointer: true,
    }),
    tolerations: list(6, DeviceToleration, { doc: "The tolerations that the request had.", listType: "atomic" }),
    bindingConditions: list(7, "string", {
      doc: "Conditions of the device that must be True before a pod is put on the node.",
      listType: "atomic",
    }),
    bindingFailureConditions: list(8, "string", {
      doc: "Conditions of the device one of which, if True, means that it must be chosen anew.",
      listType: "atomic",
    }),
    shareID: string(9, {
      doc: "Tells this use apart from others of the same device, if it can be shared.",
      pointer: true,
    }),
    consumedCapacity: map(10, "quantity", { doc: "How much of the device's capacity this use takes." }),
  },
  { doc: "A device that was given to a request." },
)
export type DeviceRequestAllocationResult = TypeOf<typeof DeviceRequestAllocationResult>

export const DeviceAllocationConfiguration = struct(
  "io.k8s.api.resource.v1.DeviceAllocationConfiguration",
  {
    source: string(1, {
      doc: "Where they come from: FromClass or FromClaim. Those of the claim come later and can overrule.",
      required: true,
    }),
    requests: list(2, "string", { doc: "The requests that they are for. Empty: all.", listType: "atomic" }),
    deviceConfiguration: inline(3, DeviceConfiguration),
  },
  { doc: "Settings for devices that were given." },
)
export type DeviceAllocationConfiguration = TypeOf<typeof DeviceAllocationConfiguration>

export const DeviceAllocationResult = struct(
  "io.k8s.api.resource.v1.DeviceAllocationResult",
  {
    results: list(1, DeviceRequestAllocationResult, { doc: "The devices.", listType: "atomic" }),
    config: list(2, DeviceAllocationConfiguration, { doc: "Settings for the devices, in order.", listType: "atomic" }),
  },
  { doc: "The devices that were given, with their settings." },
)
export type DeviceAllocationResult = TypeOf<typeof DeviceAllocationResult>

export const AllocationResult = struct(
  "io.k8s.api.resource.v1.AllocationResult",
  {
    devices: message(1, DeviceAllocationResult, { doc: "The devices that it was given.", always: true }),
    nodeSelector: message(3, NodeSelector, { doc: "The nodes on which the devices can be used. Absent: all." }),
    allocationTimestamp: time(5, { doc: "When the devices were given." }),
  },
  { doc: "What a claim was given." },
)
export type AllocationResult = TypeOf<typeof AllocationResult>
