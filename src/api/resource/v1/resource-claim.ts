import { Condition } from "../../../machinery/meta/condition.ts"
import { list, message, rawExtension, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { age } from "../../columns.ts"
import { keepMetadata } from "../../keep-metadata.ts"
import { AllocationResult } from "./allocation-result.ts"
import { DeviceClaim } from "./device-claim.ts"
import { dropDeallocated } from "./resource-strategy.ts"

const { validateClaimStatus, validateResourceClaim } = onFirstCall<typeof import("./validation/resource-claim.ts")>(
  "./validation/resource-claim.ts",
  import.meta.url,
)

export const ResourceClaimSpec = struct(
  "io.k8s.api.resource.v1.ResourceClaimSpec",
  {
    devices: message(1, DeviceClaim, { doc: "The devices that are needed.", always: true }),
  },
  { doc: "What a claim asks for." },
)
export type ResourceClaimSpec = TypeOf<typeof ResourceClaimSpec>

export const ResourceClaimConsumerReference = struct(
  "io.k8s.api.resource.v1.ResourceClaimConsumerReference",
  {
    apiGroup: string(1, { doc: "The API group of the user; empty for the core group." }),
    resource: string(3, { doc: "The resource of the user, such as pods.", required: true }),
    name: string(4, { doc: "The name of the user.", required: true }),
    uid: string(5, { doc: "The uid of the user.", required: true }),
  },
  { doc: "Who uses a claim." },
)
export type ResourceClaimConsumerReference = TypeOf<typeof ResourceClaimConsumerReference>

export const NetworkDeviceData = struct(
  "io.k8s.api.resource.v1.NetworkDeviceData",
  {
    interfaceName: string(1, { doc: "The name of the interface in the pod." }),
    ips: list(2, "string", {
      doc: "Its addresses with the length of the prefix, such as 192.0.2.5/24.",
      listType: "atomic",
    }),
    hardwareAddress: string(3, { doc: "Its hardware address, such as a MAC address." }),
  },
  { doc: "Facts about a network device." },
)
export type NetworkDeviceData = TypeOf<typeof NetworkDeviceData>

export const AllocatedDeviceStatus = struct(
  "io.k8s.api.resource.v1.AllocatedDeviceStatus",
  {
    driver: string(1, { doc: "The driver of the device.", required: true }),
    pool: string(2, { doc: "The pool that has the device.", required: true }),
    device: string(3, { doc: "The name of the device in its pool.", required: true }),
    shareID: string(7, { doc: "Tells this use apart from others of the same device.", pointer: true }),
    conditions: list(4, Condition, {
      doc: "The state of the device, such as Ready.",
      always: true,
      listType: "map",
      mapKeys: ["type"],
    }),
    data: rawExtension(5, { doc: "Further facts in the driver's own form; at most 10 KiB." }),
    networkData: message(6, NetworkDeviceData, { doc: "Facts about a network device." }),
  },
  { doc: "What a driver reports about a device that was given." },
)
export type AllocatedDeviceStatus = TypeOf<typeof AllocatedDeviceStatus>

export const ResourceClaimStatus = struct(
  "io.k8s.api.resource.v1.ResourceClaimStatus",
  {
    allocation: message(1, AllocationResult, { doc: "What the claim was given. Absent until then." }),
    reservedFor: list(2, ResourceClaimConsumerReference, {
      doc: "Who may use it now, at most 256. It cannot be taken away while any is left.",
      listType: "map",
      mapKeys: ["uid"],
      patchStrategy: "merge",
      mergeKey: "uid",
    }),
    devices: list(4, AllocatedDeviceStatus, {
      doc: "What drivers report about the devices.",
      listType: "map",
      mapKeys: ["driver", "device", "pool", "shareID"],
    }),
  },
  { doc: "What a claim was given, and who uses it." },
)
export type ResourceClaimStatus = TypeOf<typeof ResourceClaimStatus>

/**
 * Asks for devices, such as GPUs, that pods can use.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
export const ResourceClaim = defineResource({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  plural: "resourceclaims",
  subresources: {
    status: { verbs: ["get", "patch", "update"], resets: ["metadata", "spec"] },
  },
  doc: "Asks for devices, such as GPUs, that pods can use.",
  definition: "io.k8s.api.resource.v1.ResourceClaim",
  columns: [
    {
      name: "State",
      type: "string",
      doc: "Whether it was given devices, and whether somebody uses them.",
      value: ({ metadata, status }) => {
        const isDeleted = Boolean(metadata.deletionTimestamp)
        const given = (status.reservedFor?.length ?? 0) > 0 ? ["allocated", "reserved"] : ["allocated"]
        const states = status.allocation === undefined ? (isDeleted ? [] : ["pending"]) : given
        return [...(isDeleted ? ["deleted"] : []), ...states].join(",")
      },
    },
    age,
  ],
  strategy: {
    unconditionalUpdate: true,
    returnsDeleted: true,
    validateCreate: validateResourceClaim,
    prepareStatusUpdate: (claim, old) => {
      keepMetadata(claim, old)
      dropDeallocated(claim.status, old.status)
    },
    validateStatusUpdate: validateClaimStatus,
  },
  fields: {
    spec: message(2, ResourceClaimSpec, {
      doc: "What is asked for. It cannot be changed.",
      required: true,
      immutable: true,
    }),
    status: message(3, ResourceClaimStatus, { doc: "What was given. Read only for users.", always: true }),
  },
})
export type ResourceClaim = ObjectOf<typeof ResourceClaim>
