import { bool, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const SelfSubjectRulesReviewSpec = struct("io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec", {
  namespace: string(1, { doc: "" }),
})
export type SelfSubjectRulesReviewSpec = TypeOf<typeof SelfSubjectRulesReviewSpec>

export const ResourceRule = struct("io.k8s.api.authorization.v1.ResourceRule", {
  verbs: list(1, "string", { doc: "", required: true, listType: "atomic" }),
  apiGroups: list(2, "string", { doc: "", listType: "atomic" }),
  resources: list(3, "string", { doc: "", listType: "atomic" }),
  resourceNames: list(4, "string", { doc: "", listType: "atomic" }),
})
export type ResourceRule = TypeOf<typeof ResourceRule>

export const NonResourceRule = struct("io.k8s.api.authorization.v1.NonResourceRule", {
  verbs: list(1, "string", { doc: "", required: true, listType: "atomic" }),
  nonResourceURLs: list(2, "string", { doc: "", listType: "atomic" }),
})
export type NonResourceRule = TypeOf<typeof NonResourceRule>

export const SubjectRulesReviewStatus = struct("io.k8s.api.authorization.v1.SubjectRulesReviewStatus", {
  resourceRules: list(1, ResourceRule, { doc: "", required: true, listType: "atomic" }),
  nonResourceRules: list(2, NonResourceRule, { doc: "", required: true, listType: "atomic" }),
  incomplete: bool(3, { doc: "", required: true }),
  evaluationError: string(4, { doc: "" }),
})
export type SubjectRulesReviewStatus = TypeOf<typeof SubjectRulesReviewStatus>

/** TODO(doc) */
export const SelfSubjectRulesReview = defineResource({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  plural: "selfsubjectrulesreviews",
  namespaced: false,
  verbs: ["create"],
  doc: "",
  definition: "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
  fields: {
    spec: message(2, SelfSubjectRulesReviewSpec, { doc: "", required: true }),
    status: message(3, SubjectRulesReviewStatus, { doc: "", always: true }),
  },
})
export type SelfSubjectRulesReview = ObjectOf<typeof SelfSubjectRulesReview>
