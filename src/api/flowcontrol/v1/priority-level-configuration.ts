import { int32, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const QueuingConfiguration = struct("io.k8s.api.flowcontrol.v1.QueuingConfiguration", {
  queues: int32(1, { doc: "", always: true }),
  handSize: int32(2, { doc: "", always: true }),
  queueLengthLimit: int32(3, { doc: "", always: true }),
})
export type QueuingConfiguration = TypeOf<typeof QueuingConfiguration>

export const LimitResponse = struct(
  "io.k8s.api.flowcontrol.v1.LimitResponse",
  {
    type: string(1, { doc: "", required: true }),
    queuing: message(2, QueuingConfiguration, { doc: "" }),
  },
  { unions: [{ discriminator: "type", members: ["queuing"], published: true }] },
)
export type LimitResponse = TypeOf<typeof LimitResponse>

export const LimitedPriorityLevelConfiguration = struct("io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration", {
  nominalConcurrencyShares: int32(1, { doc: "", pointer: true }),
  limitResponse: message(2, LimitResponse, { doc: "", always: true }),
  lendablePercent: int32(3, { doc: "", pointer: true }),
  borrowingLimitPercent: int32(4, { doc: "", pointer: true }),
})
export type LimitedPriorityLevelConfiguration = TypeOf<typeof LimitedPriorityLevelConfiguration>

export const ExemptPriorityLevelConfiguration = struct("io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration", {
  nominalConcurrencyShares: int32(1, { doc: "", pointer: true }),
  lendablePercent: int32(2, { doc: "", pointer: true }),
})
export type ExemptPriorityLevelConfiguration = TypeOf<typeof ExemptPriorityLevelConfiguration>

export const PriorityLevelConfigurationSpec = struct(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec",
  {
    type: string(1, { doc: "", required: true }),
    limited: message(2, LimitedPriorityLevelConfiguration, { doc: "" }),
    exempt: message(3, ExemptPriorityLevelConfiguration, { doc: "" }),
  },
  { unions: [{ discriminator: "type", members: ["exempt", "limited"], published: true }] },
)
export type PriorityLevelConfigurationSpec = TypeOf<typeof PriorityLevelConfigurationSpec>

export const PriorityLevelConfigurationCondition = struct(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition",
  {
    type: string(1, { doc: "" }),
    status: string(2, { doc: "" }),
    lastTransitionTime: time(3, { doc: "" }),
    reason: string(4, { doc: "" }),
    message: string(5, { doc: "" }),
  },
)
export type PriorityLevelConfigurationCondition = TypeOf<typeof PriorityLevelConfigurationCondition>

export const PriorityLevelConfigurationStatus = struct("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus", {
  conditions: list(1, PriorityLevelConfigurationCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
})
export type PriorityLevelConfigurationStatus = TypeOf<typeof PriorityLevelConfigurationStatus>

/** TODO(doc) */
export const PriorityLevelConfiguration = defineResource({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  plural: "prioritylevelconfigurations",
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration",
  fields: {
    spec: message(2, PriorityLevelConfigurationSpec, { doc: "", always: true }),
    status: message(3, PriorityLevelConfigurationStatus, { doc: "", always: true }),
  },
})
export type PriorityLevelConfiguration = ObjectOf<typeof PriorityLevelConfiguration>
