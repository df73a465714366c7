import { Pod } from "../../../api/core/v1/pod.ts"
import { type Account, accountOf, charge } from "../../../api/core/v1/quota/charge.ts"
import type { QuotaChange, QuotaEvaluator, QuotaFacts } from "../../../api/core/v1/quota/evaluator.ts"
import { quotaEvaluatorOf } from "../../../api/core/v1/quota/evaluators.ts"
import { ResourceQuota } from "../../../api/core/v1/resource-quota.ts"
import { DeviceClass } from "../../../api/resource/v1/device-class.ts"
import { ResourceClaim } from "../../../api/resource/v1/resource-claim.ts"
import type { Client } from "../../../client/client.ts"
import { equalQuantities, formatQuantities } from "../../../machinery/quantity/quantity-list.ts"
import type { KubeObject } from "../../../machinery/schema/resource.ts"
import type { Platform } from "../../../platform/platform.ts"
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from "../plugin.ts"
import { refusal } from "../refusal.ts"

/** How often a change is charged again when its quotas change at the same moment. */
const ATTEMPTS = 4

interface Waiting {
  readonly request: AdmissionRequest
  readonly change: QuotaChange
  readonly evaluator: QuotaEvaluator
  readonly done: (error?: Error) => void
}

/**
 * Refuses what would take a namespace beyond its quotas. What is allowed is charged to the quotas' status before it is
 * stored; the quota controller corrects what was charged for nothing. Changes that arrive at the same time are charged
 * together, with one write for each quota.
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
export function resourceQuota(
  reader: ObjectReader,
  { clock }: Pick<Platform, "clock">,
  client: () => Client,
): AdmissionPlugin {
  const queues = new Map<string, Waiting[]>()
  /** Quotas as they were last written here, which the watch cache may not have seen yet. */
  const written = new Map<string, ResourceQuota>()

  const current = (namespace: string): ResourceQuota[] =>
    reader.list(ResourceQuota, namespace).map((quota) => {
      const own = written.get(quota.metadata.uid)
      if (own === undefined) return quota
      if (Number(own.metadata.resourceVersion) > Number(quota.metadata.resourceVersion)) return own
      written.delete(quota.metadata.uid)
      return quota
    })

  const work = async (namespace: string): Promise<void> => {
    for (let batch = queues.get(namespace); batch !== undefined && batch.length > 0; batch = queues.get(namespace)) {
      queues.set(namespace, [])
      await chargeAll(batch, current(namespace), {
        facts: {
          nowMs: clock.nowMs(),
          classes: () => reader.list(DeviceClass, ""),
          pod: (name) => reader.get(Pod, namespace, name),
          claims: () => reader.list(ResourceClaim, namespace),
        },
        readAgain: ({ metadata }) => reader.getFresh(ResourceQuota, namespace, metadata.name),
        write: async (quota) => {
          const after = await client().of(ResourceQuota).updateStatus(quota)
          written.set(after.metadata.uid, after)
        },
      })
    }
    queues.delete(namespace)
  }

  return {
    name: "ResourceQuota",
    validate(request) {
      const { operation, namespace, object, old, subresource } = request
      if (namespace === "" || object === undefined || (operation !== "CREATE" && operation !== "UPDATE")) return
      if (reader.count(ResourceQuota) === 0 || reader.list(ResourceQuota, namespace).length === 0) return
      const evaluator = quotaEvaluatorOf(request.resource)
      const change: QuotaChange = { operation, subresource, object: object as unknown as KubeObject, old }
      if (evaluator === undefined || !evaluator.handles(change)) return
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const done = (error?: Error) => (error === undefined ? resolve() : reject(error))
      const queue = queues.get(namespace)
      if (queue !== undefined) queue.push({ request, change, evaluator, done })
      else {
        queues.set(namespace, [{ request, change, evaluator, done }])
        void work(namespace)
      }
      return promise
    },
  }
}

interface Books {
  readonly facts: QuotaFacts
  /** Throws when the quota has changed meanwhile. */
  readonly write: (quota: ResourceQuota) => Promise<void>
  /** As it is now; undefined when it is gone. */
  readonly readAgain: (quota: ResourceQuota) => Promise<ResourceQuota | undefined>
}

/** Settles every waiting change: with an error if it is refused, else once its charge is stored. */
async function chargeAll(batch: readonly Waiting[], quotas: readonly ResourceQuota[], books: Books): Promise<void> {
  let waiting = batch
  let open = quotas
  try {
    for (let attempt = 1; ; attempt++) {
      const before = open.map(accountOf)
      const { accounts, charged } = decide(waiting, before, books.facts)
      waiting = charged
      const failed: ResourceQuota[] = []
      let failure: unknown
      for (const [index, account] of accounts.entries()) {
        try {
          await save(before[index], account, books.write)
        } catch (error) {
          failed.push(account.quota)
          failure = error
        }
      }
      if (failed.length === 0) break
      if (attempt === ATTEMPTS) throw failure
      // What was stored stays charged; only the others are asked again.
      open = (await Promise.all(failed.map(books.readAgain))).filter((quota) => quota !== undefined)
    }
    for (const { done } of waiting) done()
  } catch (error) {
    for (const { done } of waiting) done(error instanceof Error ? error : new Error(String(error)))
  }
}

/** Settles what is refused or costs nothing; what is left has been charged to the accounts. */
function decide(waiting: readonly Waiting[], before: readonly Account[], facts: QuotaFacts) {
  let accounts = before
  const charged: Waiting[] = []
  for (const each of waiting) {
    const result = charge(accounts, each.change, each.evaluator, facts)
    if ("refusal" in result) {
      each.done(refusal(each.request, result.refusal))
      continue
    }
    // Nothing is stored for a dry run.
    if (each.request.dryRun || result.accounts.every((account, index) => account === accounts[index])) {
      each.done()
      continue
    }
    accounts = result.accounts
    charged.push(each)
  }
  return { accounts, charged }
}

async function save(before: Account | undefined, after: Account, write: Books["write"]): Promise<void> {
  if (before !== undefined && equalQuantities(before.used, after.used)) return
  const { quota } = after
  await write({ ...quota, status: { ...quota.status, used: formatQuantities(after.used) } })
}
