import { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { ClusterRoleBinding } from "../../api/rbac/v1/cluster-role-binding.ts"
import { Role } from "../../api/rbac/v1/role.ts"
import { RoleBinding } from "../../api/rbac/v1/role-binding.ts"
import type { PolicyRule } from "../../api/rbac/v1/types.ts"
import { aggregateMessages } from "../../machinery/field/error.ts"
import type { ObjectReader } from "../admission/plugin.ts"
import type { AuthorizationDecision, Authorizer, RequestInfo, UserInfo } from "../call.ts"
import { RbacIndex } from "./rbac-index.ts"
import { ruleAllows } from "./rules.ts"

/** Who may do what, by roles and bindings. https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
export interface RbacAuthorizer extends Authorizer {
  authorize(user: UserInfo, info: RequestInfo): AuthorizationDecision
  /** Everything that the user may do in a namespace (empty: everywhere), and what could not be found out. */
  rulesFor(
    user: UserInfo,
    namespace: string,
  ): { readonly rules: readonly PolicyRule[]; readonly errors: readonly string[] }
  /** The roles as they are now. */
  index(): RbacIndex
}

const KINDS = [ClusterRole, ClusterRoleBinding, Role, RoleBinding]

export function createRbacAuthorizer(reader: Pick<ObjectReader, "list" | "changedRevision">): RbacAuthorizer {
  let revision = -1
  let current: RbacIndex | undefined
  function index(): RbacIndex {
    const newest = Math.max(...KINDS.map((kind) => reader.changedRevision(kind)))
    if (current === undefined || newest !== revision) {
      revision = newest
      current = new RbacIndex({
        roles: reader.list(Role, ""),
        clusterRoles: reader.list(ClusterRole, ""),
        roleBindings: reader.list(RoleBinding, ""),
        clusterRoleBindings: reader.list(ClusterRoleBinding, ""),
      })
    }
    return current
  }
  return {
    index,
    authorize(user, info) {
      const missing = new Set<string>()
      for (const { source, rules, missing: problem } of index().grantsOf(user, info.namespace)) {
        if (rules === undefined) missing.add(problem)
        else if (rules.some((rule) => ruleAllows(rule, info))) {
          return { allowed: true, reason: `RBAC: allowed by ${source}` }
        }
      }
      return missing.size === 0
        ? { allowed: false }
        : { allowed: false, reason: `RBAC: ${aggregateMessages([...missing])}` }
    },
    rulesFor(user, namespace) {
      const grants = [...index().grantsOf(user, namespace)]
      const missing = new Set(grants.filter(({ rules }) => rules === undefined).map((grant) => grant.missing))
      return {
        rules: grants.flatMap(({ rules }) => rules ?? []),
        errors: [...missing],
      }
    },
  }
}
