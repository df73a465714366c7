import { list, map, string, struct } from "../../../machinery/schema/fields.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { roundToMilli } from "./resource-list.ts"

export const ResourceClaim = struct(
  "io.k8s.api.core.v1.ResourceClaim",
  {
    name: string(1, { doc: "The name of the entry in spec.resourceClaims of the pod.", required: true }),
    request: string(2, { doc: "The one request of the claim to use. Default: all of them." }),
  },
  { doc: "An entry of the pod's resourceClaims that a container uses." },
)
export type ResourceClaim = TypeOf<typeof ResourceClaim>

export const ResourceRequirements = struct(
  "io.k8s.api.core.v1.ResourceRequirements",
  {
    limits: map(1, "quantity", {
      doc: "The most that may be used: cpu beyond it is slowed down, memory beyond it gets the process killed. Default: no limit.",
    }),
    requests: map(2, "quantity", {
      doc: "What the scheduler sets aside: it picks only nodes with that much left. Default: the limit if there is one, else nothing.",
    }),
    claims: list(3, ResourceClaim, {
      doc: "Devices from the pod's resourceClaims that this container uses. Cannot be changed.",
      listType: "map",
      mapKeys: ["name"],
    }),
  },
  {
    doc: "What a container or pod asks for and may use.",
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
    limits: map(1, "quantity", { doc: "The most storage that the volume may have." }),
    requests: map(2, "quantity", { doc: "The least storage that the volume must have, under the key storage." }),
  },
  {
    doc: "How much storage a volume must have.",
    defaults: ({ limits, requests }) => {
      roundToMilli(limits)
      roundToMilli(requests)
    },
  },
)
export type VolumeResourceRequirements = TypeOf<typeof VolumeResourceRequirements>
