import { message } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from "./attributes.ts"
import { validateLocalReview } from "./validation/reviews.ts"

/**
 * Asks whether a user may do something in one namespace.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/
 */
export const LocalSubjectAccessReview = defineResource({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "LocalSubjectAccessReview",
  plural: "localsubjectaccessreviews",
  verbs: ["create"],
  doc: "Asks whether a user may do something in one namespace. Nothing is stored.",
  definition: "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
  strategy: { validate: validateLocalReview },
  fields: {
    spec: message(2, SubjectAccessReviewSpec, {
      doc: "Who wants to do what. Its namespace must be the one that is asked in.",
      required: true,
    }),
    status: message(3, SubjectAccessReviewStatus, { doc: "The answer, filled in by the server.", always: true }),
  },
})
export type LocalSubjectAccessReview = ObjectOf<typeof LocalSubjectAccessReview>
