import { TokenReview } from "../../api/authentication/v1/token-review.ts"
import { badRequest } from "../../machinery/status/errors.ts"
import { isUnauthorized } from "../../machinery/status/predicates.ts"
import type { TokenAuthority } from "../authentication/service-account-token.ts"
import type { CallHandler } from "../call.ts"
import { createReview, userStatus } from "./review.ts"

/** Whose token is this? https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/ */
export function createTokenReview(authority: Pick<TokenAuthority, "review">): CallHandler {
  return createReview(TokenReview, (question) => {
    const { token, audiences = [] } = question.spec
    if (!token) throw badRequest("token is required for TokenReview in authentication")
    return { ...question, status: statusOf(token, audiences, authority) }
  })
}

function statusOf(token: string, wanted: readonly string[], authority: Pick<TokenAuthority, "review">): object {
  try {
    const { user, audiences } = authority.review(token, wanted)
    return { authenticated: true, user: userStatus(user), audiences }
  } catch (error) {
    if (!isUnauthorized(error)) throw error
    return { user: {}, error: "invalid bearer token" }
  }
}
