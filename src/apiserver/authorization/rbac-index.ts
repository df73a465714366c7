import type { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import type { ClusterRoleBinding } from "../../api/rbac/v1/cluster-role-binding.ts"
import type { Role } from "../../api/rbac/v1/role.ts"
import type { RoleBinding } from "../../api/rbac/v1/role-binding.ts"
import type { PolicyRule, RoleRef, Subject } from "../../api/rbac/v1/types.ts"
import type { UserInfo } from "../call.ts"

/** All roles and bindings, arranged by who has them. Built anew when one of them changes. */

export interface RbacObjects {
  readonly roles: readonly Role[]
  readonly clusterRoles: readonly ClusterRole[]
  readonly roleBindings: readonly RoleBinding[]
  readonly clusterRoleBindings: readonly ClusterRoleBinding[]
}

/** A role that somebody has. */
export interface Grant {
  /** The binding, as decisions name it. */
  readonly source: string
  /** Empty: everywhere. */
  readonly namespace: string
  /** Undefined when the role does not exist. */
  readonly rules: readonly PolicyRule[] | undefined
  /** Says that the role does not exist. */
  readonly missing: string
}

const EVERYWHERE = ""

export class RbacIndex {
  /** By namespace, then by subject. */
  readonly #grants = new Map<string, Map<string, Grant[]>>()
  readonly #roles: ReadonlyMap<string, readonly PolicyRule[]>

  constructor(objects: RbacObjects) {
    this.#roles = rulesByRole(objects)
    for (const { metadata, roleRef, subjects = [] } of objects.clusterRoleBindings) {
      for (const subject of subjects) {
        const source = `ClusterRoleBinding "${metadata.name}" of ${describe(roleRef, subject, "")}`
        this.#add(EVERYWHERE, subject, roleRef, source)
      }
    }
    for (const { metadata, roleRef, subjects = [] } of objects.roleBindings) {
      const { name, namespace } = metadata
      for (const subject of subjects) {
        const source = `RoleBinding "${name}/${namespace}" of ${describe(roleRef, subject, namespace)}`
        this.#add(namespace, subject, roleRef, source)
      }
    }
  }

  /** What the user has everywhere, then what it has in the namespace. */
  *grantsOf(user: UserInfo, namespace: string): Iterable<Grant> {
    for (const place of namespace === EVERYWHERE ? [EVERYWHERE] : [EVERYWHERE, namespace]) {
      const bySubject = this.#grants.get(place)
      if (bySubject === undefined) continue
      yield* bySubject.get(`User ${user.name}`) ?? []
      for (const group of user.groups) yield* bySubject.get(`Group ${group}`) ?? []
    }
  }

  /** The rules of a role; undefined when it does not exist. */
  rulesOf(role: Pick<RoleRef, "kind" | "name">, namespace: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(roleKey(role, namespace))
  }

  #add(namespace: string, subject: Subject, role: RoleRef, source: string): void {
    const key = subjectKey(subject, namespace)
    if (key === undefined) return
    const rules = this.rulesOf(role, namespace)
    const missing = `${role.kind.toLowerCase()}.rbac.authorization.k8s.io "${role.name}" not found`
    const bySubject = this.#grants.getOrInsertComputed(namespace, () => new Map<string, Grant[]>())
    bySubject.getOrInsertComputed(key, () => []).push({ source, namespace, rules, missing })
  }
}

function rulesByRole({ roles, clusterRoles }: RbacObjects): ReadonlyMap<string, readonly PolicyRule[]> {
  const found = new Map<string, readonly PolicyRule[]>()
  for (const role of roles) {
    found.set(roleKey({ kind: "Role", name: role.metadata.name }, role.metadata.namespace), role.rules ?? [])
  }
  for (const role of clusterRoles) {
    found.set(roleKey({ kind: "ClusterRole", name: role.metadata.name }, ""), role.rules ?? [])
  }
  return found
}

function roleKey({ kind, name }: Pick<RoleRef, "kind" | "name">, namespace: string): string {
  return kind === "ClusterRole" ? `/${name}` : `${namespace}/${name}`
}

function subjectKey({ kind, name, namespace = "" }: Subject, bindingNamespace: string): string | undefined {
  if (kind === "User" || kind === "Group") return `${kind} ${name}`
  if (kind !== "ServiceAccount") return undefined
  const place = namespace || bindingNamespace
  return place === "" ? undefined : `User system:serviceaccount:${place}:${name}`
}

function describe(role: RoleRef, { kind, name, namespace = "" }: Subject, bindingNamespace: string): string {
  const subject = kind === "ServiceAccount" ? `${name}/${namespace || bindingNamespace}` : name
  return `${role.kind} "${role.name}" to ${kind} "${subject}"`
}
