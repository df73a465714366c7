import { bool, int32, list, message, string, struct, time } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const PriorityLevelConfigurationReference = struct(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference",
  {
    name: string(1, { doc: "", required: true }),
  },
)
export type PriorityLevelConfigurationReference = TypeOf<typeof PriorityLevelConfigurationReference>

export const FlowDistinguisherMethod = struct("io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod", {
  type: string(1, { doc: "", required: true }),
})
export type FlowDistinguisherMethod = TypeOf<typeof FlowDistinguisherMethod>

export const UserSubject = struct("io.k8s.api.flowcontrol.v1.UserSubject", {
  name: string(1, { doc: "", required: true }),
})
export type UserSubject = TypeOf<typeof UserSubject>

export const GroupSubject = struct("io.k8s.api.flowcontrol.v1.GroupSubject", {
  name: string(1, { doc: "", required: true }),
})
export type GroupSubject = TypeOf<typeof GroupSubject>

export const ServiceAccountSubject = struct("io.k8s.api.flowcontrol.v1.ServiceAccountSubject", {
  namespace: string(1, { doc: "", required: true }),
  name: string(2, { doc: "", required: true }),
})
export type ServiceAccountSubject = TypeOf<typeof ServiceAccountSubject>

export const Subject = struct(
  "io.k8s.api.flowcontrol.v1.Subject",
  {
    kind: string(1, { doc: "", required: true }),
    user: message(2, UserSubject, { doc: "" }),
    group: message(3, GroupSubject, { doc: "" }),
    serviceAccount: message(4, ServiceAccountSubject, { doc: "" }),
  },
  { unions: [{ discriminator: "kind", members: ["group", "serviceAccount", "user"], published: true }] },
)
export type Subject = TypeOf<typeof Subject>

export const ResourcePolicyRule = struct("io.k8s.api.flowcontrol.v1.ResourcePolicyRule", {
  verbs: list(1, "string", { doc: "", required: true, listType: "set" }),
  apiGroups: list(2, "string", { doc: "", required: true, listType: "set" }),
  resources: list(3, "string", { doc: "", required: true, listType: "set" }),
  clusterScope: bool(4, { doc: "" }),
  namespaces: list(5, "string", { doc: "", always: true, listType: "set" }),
})
export type ResourcePolicyRule = TypeOf<typeof ResourcePolicyRule>

export const NonResourcePolicyRule = struct("io.k8s.api.flowcontrol.v1.NonResourcePolicyRule", {
  verbs: list(1, "string", { doc: "", required: true, listType: "set" }),
  nonResourceURLs: list(6, "string", { doc: "", required: true, listType: "set" }),
})
export type NonResourcePolicyRule = TypeOf<typeof NonResourcePolicyRule>

export const PolicyRulesWithSubjects = struct("io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects", {
  subjects: list(1, Subject, { doc: "", required: true, listType: "atomic" }),
  resourceRules: list(2, ResourcePolicyRule, { doc: "", listType: "atomic" }),
  nonResourceRules: list(3, NonResourcePolicyRule, { doc: "", listType: "atomic" }),
})
export type PolicyRulesWithSubjects = TypeOf<typeof PolicyRulesWithSubjects>

export const FlowSchemaSpec = struct("io.k8s.api.flowcontrol.v1.FlowSchemaSpec", {
  priorityLevelConfiguration: message(1, PriorityLevelConfigurationReference, { doc: "", required: true }),
  matchingPrecedence: int32(2, { doc: "", always: true }),
  distinguisherMethod: message(3, FlowDistinguisherMethod, { doc: "" }),
  rules: list(4, PolicyRulesWithSubjects, { doc: "", listType: "atomic" }),
})
export type FlowSchemaSpec = TypeOf<typeof FlowSchemaSpec>

export const FlowSchemaCondition = struct("io.k8s.api.flowcontrol.v1.FlowSchemaCondition", {
  type: string(1, { doc: "" }),
  status: string(2, { doc: "" }),
  lastTransitionTime: time(3, { doc: "" }),
  reason: string(4, { doc: "" }),
  message: string(5, { doc: "" }),
})
export type FlowSchemaCondition = TypeOf<typeof FlowSchemaCondition>

export const FlowSchemaStatus = struct("io.k8s.api.flowcontrol.v1.FlowSchemaStatus", {
  conditions: list(1, FlowSchemaCondition, {
    doc: "",
    listType: "map",
    mapKeys: ["type"],
    patchStrategy: "merge",
    mergeKey: "type",
  }),
})
export type FlowSchemaStatus = TypeOf<typeof FlowSchemaStatus>

/** TODO(doc) */
export const FlowSchema = defineResource({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  plural: "flowschemas",
  namespaced: false,
  subresources: {
    status: { verbs: ["get", "patch", "update"] },
  },
  doc: "",
  definition: "io.k8s.api.flowcontrol.v1.FlowSchema",
  fields: {
    spec: message(2, FlowSchemaSpec, { doc: "", always: true }),
    status: message(3, FlowSchemaStatus, { doc: "", always: true }),
  },
})
export type FlowSchema = ObjectOf<typeof FlowSchema>
