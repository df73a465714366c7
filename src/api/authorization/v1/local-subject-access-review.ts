import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from "./attributes.ts"
import { validateLocalReview } from "./validation/reviews.ts"

/** TODO(doc) */
export const LocalSubjectAccessReview = defineResource({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "LocalSubjectAccessReview",
  plural: "localsubjectaccessreviews",
  verbs: ["create"],
  doc: "",
  definition: "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
  strategy: { validate: validateLocalReview },
  fields: {
    spec: message(2, SubjectAccessReviewSpec, { doc: "", required: true }),
    status: message(3, SubjectAccessReviewStatus, { doc: "", always: true }),
  },
})
export type LocalSubjectAccessReview = ObjectOf<typeof LocalSubjectAccessReview>
