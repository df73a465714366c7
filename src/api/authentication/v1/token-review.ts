import { bool, list, message, string, struct } from "../../../machinery/schema/fields.ts"
import type { ObjectOf } from "../../../machinery/schema/resource.ts"
import { defineResource } from "../../../machinery/schema/resource.ts"
import type { TypeOf } from "../../../machinery/schema/schema.ts"
import { UserInfo } from "./user-info.ts"

export const TokenReviewSpec = struct("io.k8s.api.authentication.v1.TokenReviewSpec", {
  token: string(1, { doc: "", required: true }),
  audiences: list(2, "string", { doc: "", listType: "atomic" }),
})
export type TokenReviewSpec = TypeOf<typeof TokenReviewSpec>

export const TokenReviewStatus = struct("io.k8s.api.authentication.v1.TokenReviewStatus", {
  authenticated: bool(1, { doc: "" }),
  user: message(2, UserInfo, { doc: "", always: true }),
  audiences: list(4, "string", { doc: "", listType: "atomic" }),
  error: string(3, { doc: "" }),
})
export type TokenReviewStatus = TypeOf<typeof TokenReviewStatus>

/** TODO(doc) */
export const TokenReview = defineResource({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  namespaced: false,
  verbs: ["create"],
  doc: "",
  definition: "io.k8s.api.authentication.v1.TokenReview",
  fields: {
    spec: message(2, TokenReviewSpec, { doc: "", required: true }),
    status: message(3, TokenReviewStatus, { doc: "", always: true }),
  },
})
export type TokenReview = ObjectOf<typeof TokenReview>
