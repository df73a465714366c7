import { Condition } from "../../../machinery/meta/condition.ts"
import { list, message, rawExtension, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { AllocationResult } from "./allocation-result.ts"
import { DeviceClaim } from "./device-claim.ts"

export const ResourceClaimSpec = struct("io.k8s.api.resource.v1.ResourceClaimSpec", {
  devices: message(1, DeviceClaim, { doc: "", always: true }),
})
export type ResourceClaimSpec = TypeOf<typeof ResourceClaimSpec>

export const ResourceClaimConsumerReference = struct("io.k8s.api.resource.v1.ResourceClaimConsumerReference", {
  apiGroup: string(1, { doc: "" }),
  resource: string(3, { doc: "", required: true }),
  name: string(4, { doc: "", required: true }),
  uid: string(5, { doc: "", required: true }),
})
export type ResourceClaimConsumerReference = TypeOf<typeof ResourceClaimConsumerReference>

export const NetworkDeviceData = struct("io.k8s.api.resource.v1.NetworkDeviceData", {
  interfaceName: string(1, { doc: "" }),
  ips: list(2, "string", { doc: "", listType: "atomic" }),
  hardwareAddress: string(3, { doc: "" }),
})
export type NetworkDeviceData = TypeOf<typeof NetworkDeviceData>

export const AllocatedDeviceStatus = struct("io.k8s.api.resource.v1.AllocatedDeviceStatus", {
  driver: string(1, { doc: "", required: true }),
  pool: string(2, { doc: "", required: true }),
  device: string(3, { doc: "", required: true }),
  shareID: string(7, { doc: "", pointer: true }),
  conditions: list(4, Condition, { doc: "", always: true, listType: "map", mapKeys: ["type"] }),
  data: rawExtension(5, { doc: "" }),
  networkData: message(6, NetworkDeviceData, { doc: "" }),
})
export type AllocatedDeviceStatus = TypeOf<typeof AllocatedDeviceStatus>

export const ResourceClaimStatus = struct("io.k8s.api.resource.v1.ResourceClaimStatus", {
  allocation: message(1, AllocationResult, { doc: "" }),
  reservedFor: list(2, ResourceClaimConsumerReference, {
    doc: "",
    listType: "map",
    mapKeys: ["uid"],
    patchStrategy: "merge",
    mergeKey: "uid",
  }),
  devices: list(4, AllocatedDeviceStatus, {
    doc: "",
    listType: "map",
    mapKeys: ["driver", "device", "pool", "shareID"],
  }),
})
export type ResourceClaimStatus = TypeOf<typeof ResourceClaimStatus>

/** TODO(doc) */
export const ResourceClaim = defineResource({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  plural: "resourceclaims",
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.resource.v1.ResourceClaim",
  fields: {
    spec: message(2, ResourceClaimSpec, { doc: "", required: true }),
    status: message(3, ResourceClaimStatus, { doc: "", always: true }),
  },
})
export type ResourceClaim = ObjectOf<typeof ResourceClaim>
