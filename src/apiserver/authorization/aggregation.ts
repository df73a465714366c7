import type { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import type { PolicyRule } from "../../api/rbac/v1/types.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"

type Aggregated = Pick<ClusterRole, "rules" | "aggregationRule"> & {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
}

/**
 * The rules of a cluster role that is made of others, chosen by label; they may be made of others themselves. A rule
 * that several of them have counts once.
 */
export function aggregatedRules(role: Aggregated, all: readonly Aggregated[]): readonly PolicyRule[] {
  const rules = new Map<string, PolicyRule>()
  const seen = new Set<string>()
  const visit = (one: Aggregated) => {
    if (seen.has(one.metadata.name)) return
    seen.add(one.metadata.name)
    if (one.aggregationRule === undefined) {
      for (const rule of one.rules) rules.set(JSON.stringify(rule), rule)
      return
    }
    const selectors = (one.aggregationRule.clusterRoleSelectors ?? []).map(compileLabelSelector)
    for (const other of all) {
      if (selectors.some((selector) => selector.matches(other.metadata.labels))) visit(other)
    }
  }
  visit(role)
  return [...rules.values()]
}
