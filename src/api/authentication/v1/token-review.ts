import { bool, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { UserInfo } from "./user-info.ts"

export const TokenReviewSpec = struct(
  "io.k8s.api.authentication.v1.TokenReviewSpec",
  {
    token: string(1, { doc: "The token, as it came with a request.", required: true }),
    audiences: list(2, "string", {
      doc: "Who is asking: the token must be meant for at least one of these. Default: the API server.",
      listType: "atomic",
    }),
  },
  { doc: "The token to check." },
)
export type TokenReviewSpec = TypeOf<typeof TokenReviewSpec>

export const TokenReviewStatus = struct(
  "io.k8s.api.authentication.v1.TokenReviewStatus",
  {
    authenticated: bool(1, { doc: "Whether the token is valid and belongs to a known user." }),
    user: message(2, UserInfo, { doc: "The user that the token belongs to.", always: true }),
    audiences: list(4, "string", {
      doc: "Those of the audiences asked about for which the token is meant.",
      listType: "atomic",
    }),
    error: string(3, { doc: "Why the token could not be checked." }),
  },
  { doc: "What the check of a token found." },
)
export type TokenReviewStatus = TypeOf<typeof TokenReviewStatus>

/**
 * Asks whether a token is valid and whose it is.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/
 */
export const TokenReview = defineResource({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  namespaced: false,
  verbs: ["create"],
  doc: "Asks whether a token is valid and whose it is. Nothing is stored.",
  definition: "io.k8s.api.authentication.v1.TokenReview",
  fields: {
    spec: message(2, TokenReviewSpec, { doc: "The token to check.", required: true }),
    status: message(3, TokenReviewStatus, { doc: "The answer, filled in by the server.", always: true }),
  },
})
export type TokenReview = ObjectOf<typeof TokenReview>
