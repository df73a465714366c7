import type { AuthorizationDecision, Authorizer, RequestInfo, UserInfo } from "../call.ts"

const MASTERS = "system:masters"

/** Members of `system:masters` may do everything, so that nobody can lock the last administrator out. */
export const mastersAuthorizer: Authorizer = {
  authorize: (user) => ({ allowed: user.groups.includes(MASTERS) }),
}

/** Asks one after the other: the first that allows or denies decides; otherwise their reasons are put together. */
export function createUnionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(user, info) {
      const reasons: string[] = []
      for (const [at, authorizer] of authorizers.entries()) {
        const decision = authorizer.authorize(user, info)
        if (decision instanceof Promise) return askRest(decision, authorizers.slice(at + 1), reasons, user, info)
        if (decision.allowed || decision.denied) return decision
        if (decision.reason) reasons.push(decision.reason)
      }
      return noOpinion(reasons)
    },
  }
}

async function askRest(
  first: Promise<AuthorizationDecision>,
  rest: readonly Authorizer[],
  reasons: string[],
  user: UserInfo,
  info: RequestInfo,
): Promise<AuthorizationDecision> {
  const decision = await first
  if (decision.allowed || decision.denied) return decision
  if (decision.reason) reasons.push(decision.reason)
  const other = await createUnionAuthorizer(rest).authorize(user, info)
  if (other.allowed || other.denied) return other
  return noOpinion(other.reason ? [...reasons, other.reason] : reasons)
}

function noOpinion(reasons: readonly string[]): AuthorizationDecision {
  return reasons.length === 0 ? { allowed: false } : { allowed: false, reason: reasons.join("\n") }
}
