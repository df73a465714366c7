import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from "./attributes.ts"
import { emptyMetadata, validateSubjectReview } from "./validation/reviews.ts"

/** TODO(doc) */
export const SubjectAccessReview = defineResource({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  namespaced: false,
  verbs: ["create"],
  doc: "",
  definition: "io.k8s.api.authorization.v1.SubjectAccessReview",
  strategy: {
    validate: ({ metadata, spec }) => [...validateSubjectReview(spec), ...emptyMetadata(metadata, false)],
  },
  fields: {
    spec: message(2, SubjectAccessReviewSpec, { doc: "", required: true }),
    status: message(3, SubjectAccessReviewStatus, { doc: "", always: true }),
  },
})
export type SubjectAccessReview = ObjectOf<typeof SubjectAccessReview>
