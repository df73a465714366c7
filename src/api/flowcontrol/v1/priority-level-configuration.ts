import { int32, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { keepMetadata } from "../../keep-metadata.ts"
import { notEnforced } from "./mandatory.ts"
import { validateConditions } from "./validation/flow-schema.ts"
import { validatePriorityLevel } from "./validation/priority-level.ts"

export const QueuingConfiguration = struct(
  "io.k8s.api.flowcontrol.v1.QueuingConfiguration",
  {
    queues: int32(1, {
      doc: "How many queues there are on each server. Default 64; with 1 requests are not told apart.",
      always: true,
      default: 64,
    }),
    handSize: int32(2, {
      doc: "Among how many queues, picked by its origin, a request takes the shortest; at most queues. Default 8.",
      always: true,
      default: 8,
    }),
    queueLengthLimit: int32(3, {
      doc: "How many requests can wait in a queue; further ones are refused. Default 50.",
      always: true,
      default: 50,
    }),
  },
  { doc: "How requests wait." },
)
export type QueuingConfiguration = TypeOf<typeof QueuingConfiguration>

export const LimitResponse = struct(
  "io.k8s.api.flowcontrol.v1.LimitResponse",
  {
    type: string(1, { doc: "Queue lets them wait; Reject refuses them with 429.", required: true }),
    queuing: message(2, QueuingConfiguration, { doc: "How they wait. Only with type Queue." }),
  },
  {
    doc: "What happens to requests that cannot run at once.",
    unions: [{ discriminator: "type", members: ["queuing"], published: true }],
  },
)
export type LimitResponse = TypeOf<typeof LimitResponse>

export const LimitedPriorityLevelConfiguration = struct(
  "io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration",
  {
    nominalConcurrencyShares: int32(1, {
      doc: "The level's share of all requests that can run at once, compared with other levels. Default 30; 0 lets none run but on borrowed places.",
      pointer: true,
      default: 30,
    }),
    limitResponse: message(2, LimitResponse, {
      doc: "What happens to requests that cannot run at once.",
      always: true,
    }),
    lendablePercent: int32(3, {
      doc: "How much of its share other levels may borrow, 0 to 100 percent. Default 0.",
      pointer: true,
      default: 0,
    }),
    borrowingLimitPercent: int32(4, {
      doc: "How much the level may borrow, in percent of its own share; more than 100 is possible. Default: no limit.",
      pointer: true,
    }),
  },
  { doc: "How many requests of a level run at once." },
)
export type LimitedPriorityLevelConfiguration = TypeOf<typeof LimitedPriorityLevelConfiguration>

export const ExemptPriorityLevelConfiguration = struct(
  "io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration",
  {
    nominalConcurrencyShares: int32(1, {
      doc: "The share of places that is kept for the level. It does not limit it. Default 0.",
      pointer: true,
      default: 0,
    }),
    lendablePercent: int32(2, {
      doc: "How much of its share other levels may borrow, 0 to 100 percent. Default 0.",
      pointer: true,
      default: 0,
    }),
  },
  { doc: "What a level without limits takes from the others." },
)
export type ExemptPriorityLevelConfiguration = TypeOf<typeof ExemptPriorityLevelConfiguration>

export const PriorityLevelConfigurationSpec = struct(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec",
  {
    type: string(1, { doc: "Limited, or Exempt: requests of the level always run at once.", required: true }),
    limited: message(2, LimitedPriorityLevelConfiguration, { doc: "The limits; needed with type Limited." }),
    exempt: message(3, ExemptPriorityLevelConfiguration, {
      doc: "What the level takes from others; only with type Exempt.",
    }),
  },
  {
    doc: "How a level is limited. The member that belongs to type may be set.",
    unions: [{ discriminator: "type", members: ["exempt", "limited"], published: true }],
  },
)
export type PriorityLevelConfigurationSpec = TypeOf<typeof PriorityLevelConfigurationSpec>

export const PriorityLevelConfigurationCondition = struct(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition",
  {
    type: string(1, { doc: "The name of the aspect." }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown." }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(5, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of the state of a priority level." },
)
export type PriorityLevelConfigurationCondition = TypeOf<typeof PriorityLevelConfigurationCondition>

export const PriorityLevelConfigurationStatus = struct(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus",
  {
    conditions: list(1, PriorityLevelConfigurationCondition, {
      doc: "The state of the level.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "The state of a priority level." },
)
export type PriorityLevelConfigurationStatus = TypeOf<typeof PriorityLevelConfigurationStatus>

/**
 * A class of requests to the API server with a share of what it can do at once.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
export const PriorityLevelConfiguration = defineResource({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  plural: "prioritylevelconfigurations",
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"], resets: ["metadata", "spec"] },
  },
  doc: "A class of requests to the API server with a share of what it can do at once.",
  definition: "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration",
  columns: [
    { name: "Type", type: "string", doc: "Limited or Exempt.", value: ({ spec }) => spec.type },
    {
      name: "NominalConcurrencyShares",
      type: "string",
      doc: "The level's share of all requests that can run at once.",
      value: ({ spec }) => spec.limited?.nominalConcurrencyShares ?? "<none>",
    },
    {
      name: "Queues",
      type: "string",
      doc: "How many queues there are.",
      value: ({ spec }) => spec.limited?.limitResponse.queuing?.queues ?? "<none>",
    },
    {
      name: "HandSize",
      type: "string",
      doc: "Among how many queues a request takes the shortest.",
      value: ({ spec }) => spec.limited?.limitResponse.queuing?.handSize ?? "<none>",
    },
    {
      name: "QueueLengthLimit",
      type: "string",
      doc: "How many requests can wait in a queue.",
      value: ({ spec }) => spec.limited?.limitResponse.queuing?.queueLengthLimit ?? "<none>",
    },
    age,
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    validate: validatePriorityLevel,
    prepareStatusUpdate: keepMetadata,
    validateStatusUpdate: validateConditions,
    warnings: notEnforced,
  },
  fields: {
    spec: message(2, PriorityLevelConfigurationSpec, { doc: "How the level is limited.", always: true }),
    status: message(3, PriorityLevelConfigurationStatus, {
      doc: "The state of the level. Read only for users.",
      always: true,
    }),
  },
})
export type PriorityLevelConfiguration = ObjectOf<typeof PriorityLevelConfiguration>
