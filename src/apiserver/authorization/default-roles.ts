import { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { ClusterRoleBinding } from "../../api/rbac/v1/cluster-role-binding.ts"
import { Role } from "../../api/rbac/v1/role.ts"
import { RoleBinding } from "../../api/rbac/v1/role-binding.ts"
import type { AggregationRule, PolicyRule, Subject } from "../../api/rbac/v1/types.ts"
import type { ManifestOf } from "../../machinery/schema/resource.ts"
import { aggregatedRules } from "./aggregation.ts"
import { CLUSTER_BINDINGS, NAMESPACE_BINDINGS } from "./defaults/bindings.ts"
import { COMPONENT_ROLES } from "./defaults/component-roles.ts"
import { CONTROLLER_ROLES } from "./defaults/controller-roles.ts"
import { NAMESPACE_ROLES } from "./defaults/namespace-roles.ts"
import {
  OWN_BINDINGS,
  OWN_COMPONENT_ROLES,
  OWN_NAMESPACE_BINDINGS,
  OWN_NAMESPACE_ROLES,
  OWN_ROLES,
} from "./defaults/own-roles.ts"
import { parseRule, parseSubject } from "./defaults/rule-text.ts"
import { USER_ROLES } from "./defaults/user-roles.ts"

/** The roles and bindings that every cluster has. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings */

const GROUP = "rbac.authorization.k8s.io"
const CONTROLLER_PREFIX = "system:controller:"
const CONTROLLER_NAMESPACE = "kube-system"
const AGGREGATE_TO = `${GROUP}/aggregate-to-`
export const AUTO_UPDATE = "rbac.authorization.kubernetes.io/autoupdate"

/** A role for a controller of our own, under its service account in `kube-system`. */
export interface ControllerRole {
  readonly name: string
  readonly rules: readonly PolicyRule[]
}

export interface DefaultRbac {
  readonly clusterRoles: readonly (ManifestOf<typeof ClusterRole> & Made)[]
  readonly clusterRoleBindings: readonly (ManifestOf<typeof ClusterRoleBinding> & Made)[]
  readonly roles: readonly (ManifestOf<typeof Role> & Made)[]
  readonly roleBindings: readonly (ManifestOf<typeof RoleBinding> & Made)[]
}
interface Made {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels: Record<string, string> }
}

export function defaultRbac(controllers: readonly ControllerRole[] = []): DefaultRbac {
  const controllerRules = new Map(Object.entries(CONTROLLER_ROLES).map(([name, rules]) => [name, rules.map(parseRule)]))
  for (const { name, rules } of controllers) {
    // Stock controllers keep what they need, whatever ours of the same name does.
    controllerRules.set(name, [...(controllerRules.get(name) ?? []), ...rules])
  }
  return {
    clusterRoles: [
      ...plainRoles(),
      ...[...controllerRules].map(([name, rules]) => ({ metadata: meta(CONTROLLER_PREFIX + name), rules })),
    ],
    clusterRoleBindings: [
      ...Object.entries({ ...CLUSTER_BINDINGS, ...OWN_BINDINGS }).map(([name, subjects]) => ({
        metadata: meta(name),
        roleRef: { apiGroup: GROUP, kind: "ClusterRole", name },
        subjects: subjects.map(parseSubject),
      })),
      ...[...controllerRules.keys()].map((name) => ({
        metadata: meta(CONTROLLER_PREFIX + name),
        roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: CONTROLLER_PREFIX + name },
        subjects: [{ kind: "ServiceAccount", name, namespace: CONTROLLER_NAMESPACE }],
      })),
    ],
    roles: Object.entries({ ...NAMESPACE_ROLES, ...OWN_NAMESPACE_ROLES }).map(([place, rules]) => {
      const { namespace, name } = split(place)
      return { metadata: { ...meta(name), namespace }, rules: rules.map(parseRule) }
    }),
    roleBindings: Object.entries({ ...NAMESPACE_BINDINGS, ...OWN_NAMESPACE_BINDINGS }).map(([place, subjects]) => {
      const { namespace, name } = split(place)
      return {
        metadata: { ...meta(bindingName(name)), namespace },
        roleRef: { apiGroup: GROUP, kind: "Role", name },
        subjects: subjects.map((subject): Subject => parseSubject(subject)),
      }
    }),
  }
}

/** Roles for people are made of parts, and others may add theirs by label. */
const AGGREGATED: readonly { readonly name: string; readonly into?: string }[] = [
  { name: "admin" },
  { name: "edit", into: "admin" },
  { name: "view", into: "edit" },
]

function plainRoles(): DefaultRbac["clusterRoles"] {
  const simple = Object.entries({ ...USER_ROLES, ...COMPONENT_ROLES, ...OWN_COMPONENT_ROLES }).map(([name, rules]) => {
    const part = /^system:aggregate-to-(.+)$/.exec(name)?.[1]
    return { metadata: meta(name, part), rules: rules.map(parseRule) }
  })
  const unfilled = AGGREGATED.map(({ name, into }) => ({
    metadata: meta(name, into),
    rules: [] as readonly PolicyRule[],
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [AGGREGATE_TO + name]: "true" } }] } as AggregationRule,
  }))
  const own = Object.entries(OWN_ROLES).map(([name, rules]) => ({
    metadata: meta(name, "view"),
    rules: rules.map(parseRule),
  }))
  const all = [...unfilled, ...simple, ...own]
  return [...unfilled.map((role) => ({ ...role, rules: aggregatedRules(role, all) })), ...simple, ...own]
}

function meta(name: string, aggregateTo?: string) {
  return {
    name,
    annotations: { [AUTO_UPDATE]: "true" },
    labels: {
      "kubernetes.io/bootstrapping": "rbac-defaults",
      ...(aggregateTo !== undefined && { [AGGREGATE_TO + aggregateTo]: "true" }),
    } as Record<string, string>,
  }
}

function split(place: string): { readonly namespace: string; readonly name: string } {
  const slash = place.indexOf("/")
  return { namespace: place.slice(0, slash), name: place.slice(slash + 1) }
}

// Kubernetes puts its prefix before this one role's binding.
const bindingName = (role: string): string => (/^(system|gantry):/.test(role) ? role : `system::${role}`)
