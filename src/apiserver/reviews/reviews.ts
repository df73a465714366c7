import type { Clock } from "../../platform/clock.ts"
import type { AdmissionChain } from "../admission/chain.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { TokenAuthenticator } from "../authentication/authenticator.ts"
import type { TokenAuthority } from "../authentication/service-account-token.ts"
import type { RbacAuthorizer } from "../authorization/rbac-authorizer.ts"
import type { Authorizer, CallHandler } from "../call.ts"
import {
  createLocalSubjectAccessReview,
  createSelfSubjectAccessReview,
  createSubjectAccessReview,
} from "./access-reviews.ts"
import { createRulesReview } from "./rules-review.ts"
import { createSelfSubjectReview } from "./self-subject-review.ts"
import { createTokenRequest } from "./token-request.ts"
import { createTokenReview } from "./token-review.ts"

export interface ReviewOptions {
  readonly authorizer: Authorizer
  readonly rbac: Pick<RbacAuthorizer, "rulesFor">
  /** Which kinds of authorizers decide. */
  readonly authorizerTypes: () => readonly string[]
  readonly authority: TokenAuthority
  /** Who knows other tokens than those of service accounts. */
  readonly tokens: readonly TokenAuthenticator[]
  readonly reader: ObjectReader
  readonly admission: AdmissionChain
  readonly clock: Pick<Clock, "nowMs">
}

/** Who answers the kinds that are questions, by `group/version/resource[/subresource]`. */
export function createReviews(options: ReviewOptions): ReadonlyMap<string, CallHandler> {
  const { authorizer, rbac, authority, clock } = options
  return new Map([
    ["authentication.k8s.io/v1/tokenreviews", createTokenReview(authority, options.tokens)],
    ["authentication.k8s.io/v1/selfsubjectreviews", createSelfSubjectReview(clock)],
    ["authorization.k8s.io/v1/subjectaccessreviews", createSubjectAccessReview(authorizer)],
    ["authorization.k8s.io/v1/localsubjectaccessreviews", createLocalSubjectAccessReview(authorizer)],
    ["authorization.k8s.io/v1/selfsubjectaccessreviews", createSelfSubjectAccessReview(authorizer)],
    ["authorization.k8s.io/v1/selfsubjectrulesreviews", createRulesReview(rbac, options.authorizerTypes)],
    ["/v1/serviceaccounts/token", createTokenRequest(options)],
  ])
}
