import { TokenReview } from "../../api/authentication/v1/token-review.ts"
import { badRequest } from "../../machinery/status/errors.ts"
import { isUnauthorized } from "../../machinery/status/predicates.ts"
import type { TokenAuthenticator } from "../authentication/authenticator.ts"
import type { TokenAuthority } from "../authentication/service-account-token.ts"
import type { CallHandler } from "../call.ts"
import { createReview, userStatus } from "./review.ts"

/**
 * Whose token is this? Asks the service accounts' authority first, then the others, whose tokens are for this server
 * alone. https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/
 */
export function createTokenReview(
  authority: Pick<TokenAuthority, "review" | "audience">,
  others: readonly TokenAuthenticator[],
): CallHandler {
  return createReview(TokenReview, async (question) => {
    const { token, audiences = [] } = question.spec
    if (!token) throw badRequest("token is required for TokenReview in authentication")
    const own = await unlessRefused(() => authority.review(token, audiences))
    const found = own ?? (await otherReview(token, audiences, authority, others))
    if (found === undefined) return { ...question, status: { user: {}, error: "invalid bearer token" } }
    return { ...question, status: { authenticated: true, user: userStatus(found.user), audiences: found.audiences } }
  })
}

type Reviewed = ReturnType<TokenAuthority["review"]>

async function otherReview(
  token: string,
  wanted: readonly string[],
  { audience }: Pick<TokenAuthority, "audience">,
  others: readonly TokenAuthenticator[],
): Promise<Reviewed | undefined> {
  if (wanted.length > 0 && !wanted.includes(audience)) return undefined
  for (const authenticate of others) {
    const user = await unlessRefused(() => authenticate(token))
    if (user !== undefined) return { user, audiences: [audience] }
  }
  return undefined
}

/** That a token is no good is an answer here. */
async function unlessRefused<T>(ask: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isUnauthorized(error)) return undefined
    throw error
  }
}
