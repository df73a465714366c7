import { aggregateMessages } from "../../machinery/field/error.ts"
import type { AuthorizationDecision, Authorizer, RequestInfo, UserInfo } from "../call.ts"

const MASTERS = "system:masters"

/** Members of `system:masters` may do everything, so that nobody can lock the last administrator out. */
export const mastersAuthorizer: Authorizer = {
  authorize: (user) => ({ allowed: user.groups.includes(MASTERS) }),
}

/** Asks one after the other: the first that allows or denies decides; otherwise what they say is put together. */
export function createUnionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(user, info) {
      const undecided: AuthorizationDecision[] = []
      for (const [at, authorizer] of authorizers.entries()) {
        const decision = authorizer.authorize(user, info)
        if (decision instanceof Promise) {
          return askRest(decision, authorizers.slice(at + 1), undecided, user, info)
        }
        if (decision.allowed || decision.denied) return decision
        undecided.push(decision)
      }
      return noOpinion(undecided)
    },
  }
}

async function askRest(
  first: Promise<AuthorizationDecision>,
  rest: readonly Authorizer[],
  undecided: readonly AuthorizationDecision[],
  user: UserInfo,
  info: RequestInfo,
): Promise<AuthorizationDecision> {
  const decision = await first
  if (decision.allowed || decision.denied) return decision
  const other = await createUnionAuthorizer(rest).authorize(user, info)
  if (other.allowed || other.denied) return other
  return noOpinion([...undecided, decision, other])
}

function noOpinion(undecided: readonly AuthorizationDecision[]): AuthorizationDecision {
  const reasons = undecided.flatMap(({ reason }) => reason || [])
  const errors = undecided.flatMap(({ error }) => error || [])
  return {
    allowed: false,
    ...(reasons.length > 0 && { reason: reasons.join("\n") }),
    ...(errors.length > 0 && { error: aggregateMessages(errors) }),
  }
}
