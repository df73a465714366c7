import { list, map, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { roundToMilli } from "./resource-list.ts"

export const ResourceClaim = struct("io.k8s.api.core.v1.ResourceClaim", {
  name: string(1, { doc: "", required: true }),
  request: string(2, { doc: "" }),
})
export type ResourceClaim = TypeOf<typeof ResourceClaim>

export const ResourceRequirements = struct(
  "io.k8s.api.core.v1.ResourceRequirements",
  {
    limits: map(1, "quantity", { doc: "" }),
    requests: map(2, "quantity", { doc: "" }),
    claims: list(3, ResourceClaim, { doc: "", listType: "map", mapKeys: ["name"] }),
  },
  {
    defaults: ({ limits, requests }) => {
      roundToMilli(limits)
      roundToMilli(requests)
    },
  },
)
export type ResourceRequirements = TypeOf<typeof ResourceRequirements>

export const VolumeResourceRequirements = struct(
  "io.k8s.api.core.v1.VolumeResourceRequirements",
  {
    limits: map(1, "quantity", { doc: "" }),
    requests: map(2, "quantity", { doc: "" }),
  },
  {
    defaults: ({ limits, requests }) => {
      roundToMilli(limits)
      roundToMilli(requests)
    },
  },
)
export type VolumeResourceRequirements = TypeOf<typeof VolumeResourceRequirements>
