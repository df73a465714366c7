import type { PolicyRule, Subject } from "../../../api/rbac/v1/types.ts"

/**
 * Rules as one line each, so that the default roles can be read:
 * - `get,list pods,pods/log in core` and `update configmaps in core named cluster-info`,
 * - `get urls /healthz,/livez`.
 */
export type RoleTable = Readonly<Record<string, readonly string[]>>
/** Subjects: `User name`, `Group name` or `ServiceAccount namespace/name`. */
export type BindingTable = Readonly<Record<string, readonly string[]>>

const RBAC_GROUP = "rbac.authorization.k8s.io"

export function parseRule(text: string): PolicyRule {
  const urls = /^(\S+) urls (\S+)$/.exec(text)
  if (urls !== null) return { verbs: words(urls[1]), nonResourceURLs: words(urls[2]) }
  const match = /^(\S+) (\S+) in (\S+)(?: named (\S+))?$/.exec(text)
  if (match === null) throw new TypeError(`not a rule: ${text}`)
  const [, verbs, resources, groups, names] = match
  return {
    verbs: words(verbs),
    apiGroups: words(groups).map((group) => (group === "core" ? "" : group)),
    resources: words(resources),
    ...(names !== undefined && { resourceNames: words(names) }),
  }
}

export function parseSubject(text: string): Subject {
  const [kind = "", full = ""] = text.split(" ")
  if (kind !== "ServiceAccount") return { kind, apiGroup: RBAC_GROUP, name: full }
  const [namespace = "", name = ""] = full.split("/")
  return { kind, name, namespace }
}

const words = (list: string | undefined): string[] => (list ?? "").split(",")
