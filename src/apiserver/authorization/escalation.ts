import { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { ClusterRoleBinding } from "../../api/rbac/v1/cluster-role-binding.ts"
import { Role } from "../../api/rbac/v1/role.ts"
import { RoleBinding } from "../../api/rbac/v1/role-binding.ts"
import type { PolicyRule, RoleRef } from "../../api/rbac/v1/types.ts"
import { aggregateMessages } from "../../machinery/field/error.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { forbidden, notFound } from "../../machinery/status/errors.ts"
import { type AdmissionPlugin, type AdmissionRequest, isResource } from "../admission/plugin.ts"
import type { Authorizer, RequestInfo } from "../call.ts"
import type { RbacAuthorizer } from "./rbac-authorizer.ts"
import { formatRule, uncovered } from "./rules.ts"

/**
 * Nobody gives away more than they have, unless they were given the right to: `escalate` for roles, `bind` for bindings.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
export function rbacEscalation(rbac: RbacAuthorizer, authorizer: () => Authorizer): AdmissionPlugin {
  return {
    name: "RBACEscalation",
    resources: [Role, ClusterRole, RoleBinding, ClusterRoleBinding],
    validate: (request) => {
      const isRole = isResource(request, Role) || isResource(request, ClusterRole)
      const isBinding = isResource(request, RoleBinding) || isResource(request, ClusterRoleBinding)
      if ((!isRole && !isBinding) || request.object === undefined || request.operation === "DELETE") return undefined
      if (request.user.groups.includes("system:masters") || changesOnlyOwnership(request)) return undefined
      return isRole ? checkRole(request, rbac, authorizer()) : checkBinding(request, rbac, authorizer())
    },
  }
}

const ALL_RIGHTS: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
]

async function checkRole(request: AdmissionRequest, rbac: RbacAuthorizer, authorizer: Authorizer): Promise<void> {
  const { resource, namespace, user } = request
  // Of what is created the path does not name anything.
  const name = request.operation === "CREATE" ? "" : request.name
  const info = target("escalate", { resource: resource.plural, namespace, name })
  if ((await authorizer.authorize(user, info)).allowed) return
  const role = request.object as unknown as Pick<ClusterRole, "rules" | "aggregationRule">
  checkRules(request, role.rules ?? [], rbac)
  const old = request.old as Pick<ClusterRole, "aggregationRule"> | undefined
  if (![role, old].some((one) => (one?.aggregationRule?.clusterRoleSelectors ?? []).length > 0)) return
  if (uncovered(rbac.rulesFor(user, namespace).rules, ALL_RIGHTS).length > 0) {
    throw refused(request, "must have cluster-admin privileges to use the aggregationRule")
  }
}

async function checkBinding(request: AdmissionRequest, rbac: RbacAuthorizer, authorizer: Authorizer): Promise<void> {
  const { namespace, user } = request
  const { roleRef } = request.object as unknown as { readonly roleRef: RoleRef }
  const resource = roleRef.kind === "Role" ? "roles" : "clusterroles"
  const info = target("bind", { resource, namespace, name: roleRef.name })
  if ((await authorizer.authorize(user, info)).allowed) return
  const rules = rbac.index().rulesOf(roleRef, namespace)
  if (rules === undefined) throw notFound({ group: GROUP, resource: roleRef.kind.toLowerCase() }, roleRef.name)
  checkRules(request, rules, rbac)
}

function checkRules(request: AdmissionRequest, wanted: readonly PolicyRule[], rbac: RbacAuthorizer): void {
  const { user, namespace } = request
  const { rules, errors } = rbac.rulesFor(user, namespace)
  const missing = uncovered(rules, wanted)
  if (missing.length === 0) return
  const groups = user.groups.map((group) => JSON.stringify(group)).join(" ")
  const lines = [...new Set(compact(missing).map(formatRule))].sort().join("\n")
  const unresolved = errors.length === 0 ? "" : `; resolution errors: [${aggregateMessages(errors)}]`
  const who = `user ${JSON.stringify(user.name)} (groups=[${groups}])`
  throw refused(request, `${who} is attempting to grant RBAC permissions not currently held:\n${lines}${unresolved}`)
}

/** Rules about the same target as one rule with all their verbs. */
function compact(atoms: readonly PolicyRule[]): PolicyRule[] {
  const byTarget = Map.groupBy(atoms, ({ verbs: _verbs, ...rest }) => JSON.stringify(rest))
  return [...byTarget.values()].flatMap((same) => {
    const [first] = same
    return first === undefined ? [] : [{ ...first, verbs: same.flatMap(({ verbs }) => verbs) }]
  })
}

const GROUP = "rbac.authorization.k8s.io"

function target(
  verb: string,
  { resource, namespace, name }: { readonly resource: string; readonly namespace: string; readonly name: string },
): RequestInfo {
  const place = { group: GROUP, version: "*", resource, subresource: "", namespace, name }
  return { isResource: true, path: "", verb, ...place, rest: "" }
}

function refused(request: AdmissionRequest, why: string) {
  const name = request.object?.metadata.name ?? request.name
  return forbidden({ group: GROUP, resource: request.resource.plural }, name, why)
}

/** What garbage collection changes gives nobody any right. */
function changesOnlyOwnership({ object, old }: AdmissionRequest): boolean {
  if (object === undefined || old === undefined) return false
  return deepEqual(withoutOwnership(object), withoutOwnership(old))
}

function withoutOwnership(object: { readonly metadata: object }): unknown {
  const { metadata, ...rest } = object
  const changing = new Set(["finalizers", "ownerReferences", "managedFields", "resourceVersion", "generation"])
  return { ...rest, metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !changing.has(name))) }
}
