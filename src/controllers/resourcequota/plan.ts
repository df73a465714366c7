import type { QuotaEvaluator, QuotaFacts } from "../../api/core/v1/quota/evaluator.ts"
import { NONE } from "../../api/core/v1/quota/evaluator.ts"
import { scopesOf } from "../../api/core/v1/quota/scopes.ts"
import type { ResourceQuota } from "../../api/core/v1/resource-quota.ts"
import { compareQuantities, type Quantity } from "../../machinery/quantity/quantity.ts"
import {
  addQuantityLists,
  equalQuantities,
  formatQuantities,
  maskQuantities,
  parseQuantities,
  type QuantityList,
} from "../../machinery/quantity/quantity-list.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"

/** One kind that counts: how, and its objects in the quota's namespace. */
export interface Counted {
  readonly evaluator: QuotaEvaluator
  readonly objects: () => readonly KubeObject[]
}

/** What a quota's status should say; undefined when it says so already. */
export function statusOf(quota: ResourceQuota, kinds: readonly Counted[], facts: QuotaFacts) {
  const hard = parseQuantities(quota.spec.hard)
  const names = [...hard.keys()]
  let counted: Map<string, Quantity> = new Map()
  for (const { evaluator, objects } of kinds) {
    const covered = names.filter((name) => evaluator.covers(name))
    if (covered.length === 0) continue
    counted = addQuantityLists(new Map(covered.map((name) => [name, NONE])), counted)
    counted = addQuantityLists(counted, useOf(quota, evaluator, objects(), facts))
  }
  // What nobody here can count stays as somebody else has counted it.
  const before = parseQuantities(quota.status.used)
  const used: QuantityList = maskQuantities(new Map([...before, ...counted]), names)
  const upToDate =
    quota.status.hard !== undefined &&
    quota.status.used !== undefined &&
    equalQuantities(hard, parseQuantities(quota.status.hard)) &&
    equalQuantities(used, before)
  return upToDate ? undefined : { hard: formatQuantities(hard), used: formatQuantities(used) }
}

type Texts = Readonly<{ [name: string]: string }> | undefined

/** Whether less of anything is used than before. */
export function isLess(used: Texts, before: Texts): boolean {
  const now = parseQuantities(used)
  return [...parseQuantities(before)].some(([name, was]) => compareQuantities(now.get(name) ?? was, was) < 0)
}

function useOf(
  quota: ResourceQuota,
  evaluator: QuotaEvaluator,
  objects: readonly KubeObject[],
  facts: QuotaFacts,
): QuantityList {
  const scopes = scopesOf(quota)
  let total: Map<string, Quantity> = new Map()
  for (const object of objects) {
    if (!scopes.every((scope) => evaluator.matchesScope(scope, object))) continue
    total = addQuantityLists(total, evaluator.usage(object, facts))
  }
  return total
}
