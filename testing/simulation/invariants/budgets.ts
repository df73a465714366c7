import type { Pod } from "../../../src/api/core/v1/pod.ts"
import type { PodDisruptionBudget } from "../../../src/api/policy/v1/pod-disruption-budget.ts"
import { condition } from "../../../src/controllers/pods/pod-state.ts"
import { compileLabelSelector } from "../../../src/machinery/selectors/label-selector.ts"
import { broken, type Invariant } from "../invariant.ts"
import type { Record } from "../record.ts"
import { isBeginOfEnd, isReady, isServing, isTerminating, nameOf, PODS, podChange } from "./pods.ts"

/** Evictions leave what a budget asks for, unless somebody else takes pods away at the same time. */
export function budgets(): Invariant {
  let othersSince = 0
  return {
    name: "disruption budgets",
    onChange(change, { isCalm, record, restsEver }) {
      const found = podChange(change)
      if (found === undefined) return
      const { after, before } = found
      if (before === undefined || !isServing(before) || (after !== undefined && isServing(after))) return
      const isEvicted = after !== undefined && condition(after, "DisruptionTarget")?.reason === "EvictionByEvictionAPI"
      if (!isEvicted || !isBeginOfEnd(found)) {
        othersSince = restsEver + 1
        return
      }
      if (!isCalm || othersSince > restsEver) return
      for (const budget of budgetsOf(record, after)) {
        const healthy = selected(record, budget).filter(isServing).length
        const { desiredHealthy = 0 } = budget.status
        if (healthy >= desiredHealthy) continue
        throw broken(
          `the eviction of ${nameOf(after)} leaves ${healthy} pods, ${nameOf(budget)} asks for ${desiredHealthy}`,
        )
      }
    },
    atRest({ record }) {
      for (const budget of record.list<PodDisruptionBudget>("poddisruptionbudgets.policy")) {
        const healthy = selected(record, budget).filter((pod) => isReady(pod) && !isTerminating(pod)).length
        const { currentHealthy } = budget.status
        if (currentHealthy === healthy) continue
        throw broken(`${nameOf(budget)} says ${currentHealthy} pods are healthy, found ${healthy}`)
      }
    },
  }
}

function budgetsOf(record: Record, pod: Pod): PodDisruptionBudget[] {
  return record
    .list<PodDisruptionBudget>("poddisruptionbudgets.policy")
    .filter((budget) => budget.metadata.namespace === pod.metadata.namespace && matches(budget, pod))
}

function selected(record: Record, budget: PodDisruptionBudget): Pod[] {
  const { namespace } = budget.metadata
  return record.list<Pod>(PODS).filter((pod) => pod.metadata.namespace === namespace && matches(budget, pod))
}

const matches = ({ spec }: PodDisruptionBudget, { metadata }: Pod): boolean =>
  compileLabelSelector(spec.selector).matches(metadata.labels ?? {})
