import { bool, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"

export const SelfSubjectRulesReviewSpec = struct(
  "io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec",
  {
    namespace: string(1, { doc: "The namespace that is asked about." }),
  },
  { doc: "Where you want to do something." },
)
export type SelfSubjectRulesReviewSpec = TypeOf<typeof SelfSubjectRulesReviewSpec>

export const ResourceRule = struct(
  "io.k8s.api.authorization.v1.ResourceRule",
  {
    verbs: list(1, "string", { doc: "The actions; * means all.", required: true, listType: "atomic" }),
    apiGroups: list(2, "string", { doc: "The API groups; * means all.", listType: "atomic" }),
    resources: list(3, "string", {
      doc: "The resources; * means all, and */scale one subresource of all.",
      listType: "atomic",
    }),
    resourceNames: list(4, "string", { doc: "Only objects with these names. Empty: all.", listType: "atomic" }),
  },
  { doc: "Actions on objects that are allowed." },
)
export type ResourceRule = TypeOf<typeof ResourceRule>

export const NonResourceRule = struct(
  "io.k8s.api.authorization.v1.NonResourceRule",
  {
    verbs: list(1, "string", { doc: "The actions; * means all.", required: true, listType: "atomic" }),
    nonResourceURLs: list(2, "string", { doc: "The paths; a * at the end stands for any rest.", listType: "atomic" }),
  },
  { doc: "Requests to paths outside the resources that are allowed." },
)
export type NonResourceRule = TypeOf<typeof NonResourceRule>

export const SubjectRulesReviewStatus = struct(
  "io.k8s.api.authorization.v1.SubjectRulesReviewStatus",
  {
    resourceRules: list(1, ResourceRule, {
      doc: "Actions on objects that are allowed.",
      required: true,
      listType: "atomic",
    }),
    nonResourceRules: list(2, NonResourceRule, {
      doc: "Requests to paths outside the resources that are allowed.",
      required: true,
      listType: "atomic",
    }),
    incomplete: bool(3, {
      doc: "Whether more may be allowed than is listed, as when another authorizer decides too.",
      required: true,
    }),
    evaluationError: string(4, { doc: "Why the list is incomplete." }),
  },
  { doc: "What is allowed, as far as it can be listed." },
)
export type SubjectRulesReviewStatus = TypeOf<typeof SubjectRulesReviewStatus>

/**
 * Asks for everything that you may do in a namespace, as kubectl auth can-i --list does.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
export const SelfSubjectRulesReview = defineResource({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  plural: "selfsubjectrulesreviews",
  namespaced: false,
  verbs: ["create"],
  doc: "Asks for everything that you may do in a namespace, as kubectl auth can-i --list does. Nothing is stored.",
  definition: "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
  fields: {
    spec: message(2, SelfSubjectRulesReviewSpec, { doc: "Which namespace is asked about.", required: true }),
    status: message(3, SubjectRulesReviewStatus, { doc: "The answer, filled in by the server.", always: true }),
  },
})
export type SelfSubjectRulesReview = ObjectOf<typeof SelfSubjectRulesReview>
