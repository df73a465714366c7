import { Pod } from "../../api/core/v1/pod.ts"
import type { QuotaEvaluator, QuotaFacts } from "../../api/core/v1/quota/evaluator.ts"
import { quotaEvaluatorOf } from "../../api/core/v1/quota/evaluators.ts"
import { ResourceQuota } from "../../api/core/v1/resource-quota.ts"
import { DeviceClass } from "../../api/resource/v1/device-class.ts"
import { ResourceClaim } from "../../api/resource/v1/resource-claim.ts"
import { type Change, keyOf } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { type ControllerContext, type ControllerDefinition, defineController } from "../define-controller.ts"
import { KIND_SOURCES, OtherKinds } from "../other-kinds.ts"
import { type Counted, isLess, statusOf } from "./plan.ts"

/** What was charged for changes that never came about is found out by counting again so often. */
const RECOUNT_MS = 5 * 60_000
/**
 * Admission charges a quota before it creates what it charges for. Only when nobody has charged for this long does less
 * than was charged mean that something is gone, and not that something is still to come.
 */
const CHARGE_MS = 500

/** Counts what namespaces use, and says so in their quotas; the admission of the API server refuses by it. */
export function resourceQuotaController(served: readonly AnyResource[]): ControllerDefinition {
  // A kind counts once, however many versions it is served in.
  const countable = new Map(served.filter(isCountable).map((each) => [`${each.group}/${each.plural}`, each]))
  const evaluators = [...countable.values()].map(quotaEvaluatorOf).filter((evaluator) => evaluator !== undefined)
  const sources = KIND_SOURCES.filter((source) => served.includes(source))
  return defineController({
    name: "resourcequota-controller",
    reads: [...new Set([ResourceQuota, DeviceClass, ...evaluators.map(({ resource }) => resource), ...sources])],
    rights: [{ apiGroups: ["*"], resources: ["*"], verbs: ["list"] }],
    writes: [{ resource: ResourceQuota, subresource: "status", verbs: ["update"] }],
    start(context) {
      const quotas = context.informer(ResourceQuota)
      const chargedAtMs = new Map<string, number>()
      context.enqueueOn(ResourceQuota, (change) => {
        if (change.type === "deleted") chargedAtMs.delete(keyOf(change.object))
        else chargedAtMs.set(keyOf(change.object), context.platform.clock.monotonicMs())
        // The status is only written by this loop and by admission, which both know what they do.
        if (change.type === "updated" && deepEqual(change.object.spec, change.previous.spec)) return []
        return [keyOf(change.object)]
      })
      const concerned = (evaluator: QuotaEvaluator, change: Change<KubeObject>) => {
        const near = quotas.list(change.object.metadata.namespace)
        if (near.length === 0 || !frees(evaluator, change, context)) return []
        return near.filter((quota) => covers(quota, evaluator)).map(keyOf)
      }
      for (const evaluator of evaluators) {
        context.enqueueOn(evaluator.resource, (change) => concerned(evaluator, change as Change<KubeObject>))
      }
      const others = new OtherKinds(context, served, {
        follow: (resource, change) => {
          const evaluator = quotaEvaluatorOf(resource)
          return evaluator === undefined ? [] : concerned(evaluator, change)
        },
        isWanted: isCountable,
      })
      return (key) => reconcile(context, evaluators, others, key, chargedAtMs.get(key) ?? 0)
    },
  })
}

function isCountable({ namespaced, verbs }: AnyResource): boolean {
  return namespaced && (["create", "list", "watch", "delete"] as const).every((verb) => verbs.includes(verb))
}

const covers = ({ spec }: ResourceQuota, evaluator: QuotaEvaluator): boolean =>
  Object.keys(spec.hard ?? {}).some((name) => evaluator.covers(name))

/** What is added has been charged by admission. */
function frees(evaluator: QuotaEvaluator, change: Change<KubeObject>, { platform }: ControllerContext): boolean {
  if (change.type !== "updated") return change.type === "deleted"
  return evaluator.frees?.(change.object, change.previous, { nowMs: platform.clock.nowMs() }) ?? false
}

async function reconcile(
  context: ControllerContext,
  evaluators: readonly QuotaEvaluator[],
  others: OtherKinds,
  key: string,
  chargedAtMs: number,
) {
  const quota = context.informer(ResourceQuota).get(key)
  if (quota === undefined) return undefined
  const { namespace } = quota.metadata
  const { clock } = context.platform
  const known = evaluators.map((evaluator) => ({
    evaluator,
    objects: () => context.informer(evaluator.resource).list(namespace) as readonly KubeObject[],
  }))
  const more = others.resources
    .map(quotaEvaluatorOf)
    .filter((evaluator) => evaluator !== undefined && covers(quota, evaluator)) as readonly QuotaEvaluator[]
  const asked = await inServer(context, namespace, more)
  const facts: QuotaFacts = {
    nowMs: clock.nowMs(),
    classes: () => context.informer(DeviceClass).list(),
    pod: (name) => context.informer(Pod).get(`${namespace}/${name}`),
    claims: () => context.informer(ResourceClaim).list(namespace),
  }
  let status = statusOf(quota, [...known, ...asked], facts)
  if (status !== undefined && isLess(status.used, quota.status.used)) {
    const waitMs = chargedAtMs + CHARGE_MS - clock.monotonicMs()
    if (waitMs > 0) return { againAfterMs: waitMs }
    // Informers may be behind. Whoever charges from here on makes the update below conflict.
    const covering = evaluators.filter((evaluator) => covers(quota, evaluator))
    status = statusOf(quota, [...(await inServer(context, namespace, covering)), ...asked], facts)
  }
  if (status !== undefined) await context.client.of(ResourceQuota).updateStatus({ ...quota, status })
  return { againAfterMs: RECOUNT_MS }
}

/** What there is now, as the server says. */
function inServer(context: ControllerContext, namespace: string, evaluators: readonly QuotaEvaluator[]) {
  const counted = async (evaluator: QuotaEvaluator): Promise<Counted> => {
    const { items } = await context.client.of(evaluator.resource).list({ namespace })
    return { evaluator, objects: () => items as readonly KubeObject[] }
  }
  return Promise.all(evaluators.map(counted))
}
