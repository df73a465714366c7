import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodDisruptionBudget } from "../../api/policy/v1/pod-disruption-budget.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"

/**
 * Tells the pods whose loss would break a budget from the others, in the order given: the first ones use up what the
 * budgets allow. A budget whose selector is empty protects nothing here, and a pod without labels is in no budget, as
 * in kube-scheduler.
 */
export function splitByBudgets(
  pods: readonly Pod[],
  budgets: readonly PodDisruptionBudget[],
): { readonly violating: readonly Pod[]; readonly others: readonly Pod[] } {
  const counted = budgets
    .filter(({ spec }) => !isEmpty(spec.selector))
    .map(({ metadata, spec, status }) => ({
      namespace: metadata.namespace,
      selector: compileLabelSelector(spec.selector),
      disrupted: new Set(Object.keys(status.disruptedPods ?? {})),
      allowed: status.disruptionsAllowed ?? 0,
    }))
  const violating: Pod[] = []
  const others: Pod[] = []
  for (const pod of pods) {
    const { name, namespace, labels = {} } = pod.metadata
    let violates = false
    for (const budget of Object.keys(labels).length === 0 ? [] : counted) {
      if (budget.namespace !== namespace || !budget.selector.matches(labels)) continue
      // Its eviction was allowed before, and counted then.
      if (budget.disrupted.has(name)) continue
      budget.allowed--
      violates ||= budget.allowed < 0
    }
    const group = violates ? violating : others
    group.push(pod)
  }
  return { violating, others }
}

function isEmpty(selector: PodDisruptionBudget["spec"]["selector"]): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {}
  return Object.keys(matchLabels).length + matchExpressions.length === 0
}
