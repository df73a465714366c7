import { message, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NonResourceAttributes, ResourceAttributes, SubjectAccessReviewStatus } from "./attributes.ts"
import { emptyMetadata, validateAsked } from "./validation/reviews.ts"

export const SelfSubjectAccessReviewSpec = struct("io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec", {
  resourceAttributes: message(1, ResourceAttributes, { doc: "" }),
  nonResourceAttributes: message(2, NonResourceAttributes, { doc: "" }),
})
export type SelfSubjectAccessReviewSpec = TypeOf<typeof SelfSubjectAccessReviewSpec>

/** TODO(doc) */
export const SelfSubjectAccessReview = defineResource({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  namespaced: false,
  verbs: ["create"],
  doc: "",
  definition: "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
  strategy: { validate: ({ metadata, spec }) => [...validateAsked(spec), ...emptyMetadata(metadata, false)] },
  fields: {
    spec: message(2, SelfSubjectAccessReviewSpec, { doc: "", required: true }),
    status: message(3, SubjectAccessReviewStatus, { doc: "", always: true }),
  },
})
export type SelfSubjectAccessReview = ObjectOf<typeof SelfSubjectAccessReview>
