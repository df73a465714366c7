import { message, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { UserInfo } from "./user-info.ts"

export const SelfSubjectReviewStatus = struct("io.k8s.api.authentication.v1.SelfSubjectReviewStatus", {
  userInfo: message(1, UserInfo, { doc: "", always: true }),
})
export type SelfSubjectReviewStatus = TypeOf<typeof SelfSubjectReviewStatus>

/** TODO(doc) */
export const SelfSubjectReview = defineResource({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  namespaced: false,
  verbs: ["create"],
  doc: "",
  definition: "io.k8s.api.authentication.v1.SelfSubjectReview",
  fields: {
    status: message(2, SelfSubjectReviewStatus, { doc: "", always: true }),
  },
})
export type SelfSubjectReview = ObjectOf<typeof SelfSubjectReview>
