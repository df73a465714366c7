import { compareQuantities, type Quantity } from "../../../../machinery/quantity/quantity.ts"
import {
  addQuantityLists,
  describeQuantities,
  excessOf,
  maskQuantities,
  parseQuantities,
  type QuantityList,
} from "../../../../machinery/quantity/quantity-list.ts"
import type { KubeObject } from "../../../../machinery/schema/resource.ts"
import type { ResourceQuota } from "../resource-quota.ts"
import type { QuotaChange, QuotaEvaluator, QuotaFacts } from "./evaluator.ts"
import { scopesOf } from "./scopes.ts"

/** A quota while changes are charged to it. */
export interface Account {
  readonly quota: ResourceQuota
  readonly hard: QuantityList
  readonly used: QuantityList
}

export function accountOf(quota: ResourceQuota): Account {
  return { quota, hard: parseQuantities(quota.status.hard), used: parseQuantities(quota.status.used) }
}

/** The accounts after a change, those that it does not concern as they were; or why it may not be made. */
export type Charge = { readonly accounts: readonly Account[] } | { readonly refusal: string }

/** What a change costs, and whether all quotas of the namespace allow it. */
export function charge(
  accounts: readonly Account[],
  change: QuotaChange,
  evaluator: QuotaEvaluator,
  facts: QuotaFacts,
): Charge {
  const concerned = accounts.filter((account) => matches(account, change.object, evaluator))
  for (const { quota, hard, used } of concerned) {
    const names = [...hard.keys()].filter((name) => evaluator.covers(name))
    const objection = evaluator.objection?.(names, change.object)
    if (objection !== undefined) return { refusal: `failed quota: ${quota.metadata.name}: ${objection}` }
    if (!names.every((name) => used.has(name))) {
      const resources = names.sort().join(",")
      return { refusal: `status unknown for quota: ${quota.metadata.name}, resources: ${resources}` }
    }
  }
  if (concerned.length === 0) return { accounts }
  const usage = evaluator.usage(change.object, facts)
  const negative = [...usage].filter(([, { unscaled }]) => unscaled < 0n).map(([name]) => name)
  if (negative.length > 0) return { refusal: `quota usage is negative for resource(s): ${negative.sort().join(",")}` }
  const after: Account[] = []
  for (const account of accounts) {
    const cost = concerned.includes(account) ? costFor(account, change, evaluator, usage, facts) : NOTHING
    const used = addQuantityLists(account.used, cost)
    const exceeded = [...cost.keys()].filter((name) => isBeyond(used.get(name), account.hard.get(name)))
    // What a controller has already given cannot be refused any more.
    if (exceeded.length > 0 && change.subresource !== "status") {
      return { refusal: exceededText(account, cost, exceeded) }
    }
    after.push(cost.size === 0 ? account : { ...account, used })
  }
  return { accounts: after }
}

const NOTHING: QuantityList = new Map()

/** Whether a quota is about objects like this one. */
function matches({ quota, hard }: Account, object: KubeObject, evaluator: QuotaEvaluator): boolean {
  if (![...hard.keys()].some((name) => evaluator.covers(name))) return false
  return scopesOf(quota).every((scope) => evaluator.matchesScope(scope, object))
}

/** An update costs what it adds, unless the object did not count before. */
function costFor(
  account: Account,
  { old }: QuotaChange,
  evaluator: QuotaEvaluator,
  usage: QuantityList,
  facts: QuotaFacts,
): QuantityList {
  const counted = old !== undefined && matches(account, old, evaluator)
  const cost = counted ? excessOf(usage, evaluator.usage(old, facts)) : usage
  const positive = new Map([...cost].filter(([, { unscaled }]) => unscaled !== 0n))
  return maskQuantities(positive, [...account.hard.keys()])
}

function isBeyond(used: Quantity | undefined, hard: Quantity | undefined): boolean {
  return used !== undefined && hard !== undefined && compareQuantities(used, hard) > 0
}

function exceededText({ quota, hard, used }: Account, cost: QuantityList, names: readonly string[]): string {
  const of = (list: QuantityList) => describeQuantities(maskQuantities(list, names))
  return `exceeded quota: ${quota.metadata.name}, requested: ${of(cost)}, used: ${of(used)}, limited: ${of(hard)}`
}
