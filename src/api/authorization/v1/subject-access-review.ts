import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { onFirstCall } from "../../../platform/on-first-use.ts"
import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from "./attributes.ts"

const { emptyMetadata, validateSubjectReview } = onFirstCall<typeof import("./validation/reviews.ts")>(
  "./validation/reviews.ts",
  import.meta.url,
)

/** Asks whether a user may do something. https://kubernetes.io/docs/reference/access-authn-authz/authorization/ */
export const SubjectAccessReview = defineResource({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  namespaced: false,
  verbs: ["create"],
  doc: "Asks whether a user may do something. Nothing is stored.",
  definition: "io.k8s.api.authorization.v1.SubjectAccessReview",
  strategy: {
    validate: ({ metadata, spec }) => [...validateSubjectReview(spec), ...emptyMetadata(metadata, false)],
  },
  fields: {
    spec: message(2, SubjectAccessReviewSpec, { doc: "Who wants to do what.", required: true }),
    status: message(3, SubjectAccessReviewStatus, { doc: "The answer, filled in by the server.", always: true }),
  },
})
export type SubjectAccessReview = ObjectOf<typeof SubjectAccessReview>
