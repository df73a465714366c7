import { bool, int32, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { age } from "../../columns.ts"
import { keepMetadata } from "../../keep-metadata.ts"
import { notEnforced } from "./mandatory.ts"
import { validateConditions, validateFlowSchema } from "./validation/flow-schema.ts"

export const PriorityLevelConfigurationReference = struct(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference",
  {
    name: string(1, { doc: "The name of the priority level.", required: true }),
  },
  { doc: "A priority level." },
)
export type PriorityLevelConfigurationReference = TypeOf<typeof PriorityLevelConfigurationReference>

export const FlowDistinguisherMethod = struct(
  "io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod",
  {
    type: string(1, { doc: "ByUser, or ByNamespace.", required: true }),
  },
  { doc: "How requests are told apart, so that none crowds out the others." },
)
export type FlowDistinguisherMethod = TypeOf<typeof FlowDistinguisherMethod>

export const UserSubject = struct(
  "io.k8s.api.flowcontrol.v1.UserSubject",
  {
    name: string(1, { doc: "The name of the user; * means all.", required: true }),
  },
  { doc: "A user who sends requests." },
)
export type UserSubject = TypeOf<typeof UserSubject>

export const GroupSubject = struct(
  "io.k8s.api.flowcontrol.v1.GroupSubject",
  {
    name: string(1, { doc: "The name of the group; * means all.", required: true }),
  },
  { doc: "A group whose users send requests." },
)
export type GroupSubject = TypeOf<typeof GroupSubject>

export const ServiceAccountSubject = struct(
  "io.k8s.api.flowcontrol.v1.ServiceAccountSubject",
  {
    namespace: string(1, { doc: "The namespace of the account.", required: true }),
    name: string(2, { doc: "The name of the account; * means all of the namespace.", required: true }),
  },
  { doc: "A service account that sends requests." },
)
export type ServiceAccountSubject = TypeOf<typeof ServiceAccountSubject>

export const Subject = struct(
  "io.k8s.api.flowcontrol.v1.Subject",
  {
    kind: string(1, { doc: "User, Group or ServiceAccount.", required: true }),
    user: message(2, UserSubject, { doc: "The user who sends it." }),
    group: message(3, GroupSubject, { doc: "The group whose user sends it." }),
    serviceAccount: message(4, ServiceAccountSubject, { doc: "The service account that sends it." }),
  },
  {
    doc: "Who sends a request. The member that kind names must be set.",
    unions: [{ discriminator: "kind", members: ["group", "serviceAccount", "user"], published: true }],
  },
)
export type Subject = TypeOf<typeof Subject>

export const ResourcePolicyRule = struct(
  "io.k8s.api.flowcontrol.v1.ResourcePolicyRule",
  {
    verbs: list(1, "string", {
      doc: "The actions; * means all and must then stand alone.",
      required: true,
      listType: "set",
    }),
    apiGroups: list(2, "string", {
      doc: "The API groups; * means all and must then stand alone.",
      required: true,
      listType: "set",
    }),
    resources: list(3, "string", {
      doc: "The resources, such as pods or pods/status; * means all and must then stand alone.",
      required: true,
      listType: "set",
    }),
    clusterScope: bool(4, { doc: "Whether requests without a namespace count. Default false." }),
    namespaces: list(5, "string", {
      doc: "The namespaces; * means all. Needed unless clusterScope is true.",
      always: true,
      listType: "set",
    }),
  },
  { doc: "Requests about objects. All members must match." },
)
export type ResourcePolicyRule = TypeOf<typeof ResourcePolicyRule>

export const NonResourcePolicyRule = struct(
  "io.k8s.api.flowcontrol.v1.NonResourcePolicyRule",
  {
    verbs: list(1, "string", {
      doc: "The actions; * means all and must then stand alone.",
      required: true,
      listType: "set",
    }),
    nonResourceURLs: list(6, "string", {
      doc: "The paths, such as /healthz or /apis/*; * means all and must then stand alone.",
      required: true,
      listType: "set",
    }),
  },
  { doc: "Requests to paths outside the resources." },
)
export type NonResourcePolicyRule = TypeOf<typeof NonResourcePolicyRule>

export const PolicyRulesWithSubjects = struct(
  "io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects",
  {
    subjects: list(1, Subject, { doc: "Who sends them; one match is enough.", required: true, listType: "atomic" }),
    resourceRules: list(2, ResourcePolicyRule, {
      doc: "Requests about objects. These or nonResourceRules must be set.",
      listType: "atomic",
    }),
    nonResourceRules: list(3, NonResourcePolicyRule, {
      doc: "Requests to paths outside the resources.",
      listType: "atomic",
    }),
  },
  { doc: "Requests by who sends them and what they are about." },
)
export type PolicyRulesWithSubjects = TypeOf<typeof PolicyRulesWithSubjects>

export const FlowSchemaSpec = struct(
  "io.k8s.api.flowcontrol.v1.FlowSchemaSpec",
  {
    priorityLevelConfiguration: message(1, PriorityLevelConfigurationReference, {
      doc: "The priority level for these requests.",
      required: true,
    }),
    matchingPrecedence: int32(2, {
      doc: "Which schema is tried first: the lowest number, 1 to 10000. Default 1000.",
      always: true,
      default: 1000,
    }),
    distinguisherMethod: message(3, FlowDistinguisherMethod, {
      doc: "How requests are told apart within the level. Absent: not at all.",
    }),
    rules: list(4, PolicyRulesWithSubjects, {
      doc: "Which requests are meant; one match is enough. Empty: none.",
      listType: "atomic",
    }),
  },
  { doc: "Which requests go to which priority level." },
)
export type FlowSchemaSpec = TypeOf<typeof FlowSchemaSpec>

export const FlowSchemaCondition = struct(
  "io.k8s.api.flowcontrol.v1.FlowSchemaCondition",
  {
    type: string(1, { doc: "The aspect; Dangling says that the priority level does not exist." }),
    status: string(2, { doc: "Whether the condition holds: True, False or Unknown." }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status, as one CamelCase word for programs." }),
    message: string(5, { doc: "Why the condition has this status, in words for people." }),
  },
  { doc: "One aspect of the state of a flow schema." },
)
export type FlowSchemaCondition = TypeOf<typeof FlowSchemaCondition>

export const FlowSchemaStatus = struct(
  "io.k8s.api.flowcontrol.v1.FlowSchemaStatus",
  {
    conditions: list(1, FlowSchemaCondition, {
      doc: "The state of the schema.",
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
    }),
  },
  { doc: "Whether a flow schema works." },
)
export type FlowSchemaStatus = TypeOf<typeof FlowSchemaStatus>

/**
 * Sorts requests to the API server into priority levels.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
export const FlowSchema = defineResource({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  plural: "flowschemas",
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"], resets: ["metadata", "spec"] },
  },
  doc: "Sorts requests to the API server into priority levels.",
  definition: "io.k8s.api.flowcontrol.v1.FlowSchema",
  columns: [
    {
      name: "PriorityLevel",
      type: "string",
      doc: "The priority level for the requests.",
      value: ({ spec }) => spec.priorityLevelConfiguration.name,
    },
    {
      name: "MatchingPrecedence",
      type: "string",
      doc: "Which schema is tried first: the lowest number.",
      value: ({ spec }) => spec.matchingPrecedence,
    },
    {
      name: "DistinguisherMethod",
      type: "string",
      doc: "How requests are told apart within the level.",
      value: ({ spec }) => spec.distinguisherMethod?.type ?? "<none>",
    },
    age,
    {
      name: "MissingPL",
      type: "string",
      doc: "Whether the priority level is missing.",
      value: ({ status }) => status.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?",
    },
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: true,
    validate: validateFlowSchema,
    prepareStatusUpdate: keepMetadata,
    validateStatusUpdate: validateConditions,
    warnings: notEnforced,
  },
  fields: {
    spec: message(2, FlowSchemaSpec, { doc: "Which requests go to which priority level.", always: true }),
    status: message(3, FlowSchemaStatus, { doc: "Whether the schema works. Read only for users.", always: true }),
  },
})
export type FlowSchema = ObjectOf<typeof FlowSchema>
