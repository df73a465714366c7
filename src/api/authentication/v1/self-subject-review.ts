import { message, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { UserInfo } from "./user-info.ts"

export const SelfSubjectReviewStatus = struct(
  "io.k8s.api.authentication.v1.SelfSubjectReviewStatus",
  {
    userInfo: message(1, UserInfo, { doc: "Name, groups and further facts about the user who asked.", always: true }),
  },
  { doc: "The answer to who you are." },
)
export type SelfSubjectReviewStatus = TypeOf<typeof SelfSubjectReviewStatus>

/**
 * Asks who the API server takes you for, as kubectl auth whoami does.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review
 */
export const SelfSubjectReview = defineResource({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  namespaced: false,
  verbs: ["create"],
  doc: "Asks who the API server takes you for, as kubectl auth whoami does. Nothing is stored.",
  definition: "io.k8s.api.authentication.v1.SelfSubjectReview",
  fields: {
    status: message(2, SelfSubjectReviewStatus, { doc: "The answer, filled in by the server.", always: true }),
  },
})
export type SelfSubjectReview = ObjectOf<typeof SelfSubjectReview>
