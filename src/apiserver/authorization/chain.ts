import type { Authorizer } from "../call.ts"

/** Who decides, besides `system:masters` who may do everything. */
export interface AuthorizerChain {
  /** Asked in the order that is configured at the time. */
  authorizers(builtIn: BuiltInAuthorizers): Authorizer
  /** Which kinds of deciders there are now: Node, RBAC, Webhook, AlwaysAllow, AlwaysDeny. */
  types(): readonly string[]
}

export interface BuiltInAuthorizers {
  readonly node: Authorizer
  readonly rbac: Authorizer
}
