import type { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import type { PolicyRule } from "../../api/rbac/v1/types.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"

/**
 * The rules that an aggregated role should have: those of the roles that its selectors choose, by name, each rule once.
 * Undefined when it has them, or is not aggregated. Roles that are aggregated themselves count with the rules they have
 * now; their own turn comes.
 */
export function missingRules(role: ClusterRole, all: readonly ClusterRole[]): readonly PolicyRule[] | undefined {
  const { aggregationRule, metadata } = role
  if (aggregationRule === undefined) return undefined
  const rules: PolicyRule[] = []
  const others = all
    .filter((other) => other.metadata.name !== metadata.name)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  for (const selector of (aggregationRule.clusterRoleSelectors ?? []).map(compileLabelSelector)) {
    for (const other of others) {
      if (!selector.matches(other.metadata.labels)) continue
      for (const rule of other.rules) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule)
    }
  }
  return deepEqual(rules, role.rules) ? undefined : rules
}
