import { message, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { NonResourceAttributes, ResourceAttributes, SubjectAccessReviewStatus } from "./attributes.ts"
import { emptyMetadata, validateAsked } from "./validation/reviews.ts"

export const SelfSubjectAccessReviewSpec = struct(
  "io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec",
  {
    resourceAttributes: message(1, ResourceAttributes, {
      doc: "An action on objects. Either this or nonResourceAttributes must be set.",
    }),
    nonResourceAttributes: message(2, NonResourceAttributes, { doc: "A request to a path outside the resources." }),
  },
  { doc: "What you want to do." },
)
export type SelfSubjectAccessReviewSpec = TypeOf<typeof SelfSubjectAccessReviewSpec>

/**
 * Asks whether you may do something, as kubectl auth can-i does.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
export const SelfSubjectAccessReview = defineResource({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  namespaced: false,
  verbs: ["create"],
  doc: "Asks whether you may do something, as kubectl auth can-i does. Nothing is stored.",
  definition: "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
  strategy: { validate: ({ metadata, spec }) => [...validateAsked(spec), ...emptyMetadata(metadata, false)] },
  fields: {
    spec: message(2, SelfSubjectAccessReviewSpec, { doc: "What you want to do.", required: true }),
    status: message(3, SubjectAccessReviewStatus, { doc: "The answer, filled in by the server.", always: true }),
  },
})
export type SelfSubjectAccessReview = ObjectOf<typeof SelfSubjectAccessReview>
