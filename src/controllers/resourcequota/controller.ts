import type { QuotaEvaluator } from "../../api/core/v1/quota/evaluator.ts"
import { quotaEvaluatorOf } from "../../api/core/v1/quota/evaluators.ts"
import { ResourceQuota } from "../../api/core/v1/resource-quota.ts"
import { type Change, keyOf } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { type ControllerContext, type ControllerDefinition, defineController } from "../define-controller.ts"
import { KIND_SOURCES, OtherKinds } from "../other-kinds.ts"
import { statusOf } from "./plan.ts"

/** What was charged for changes that never came about is found out by counting again so often. */
const RECOUNT_MS = 5 * 60_000

/** Counts what namespaces use, and says so in their quotas; the admission of the API server refuses by it. */
export function resourceQuotaController(served: readonly AnyResource[]): ControllerDefinition {
  // A kind counts once, however many versions it is served in.
  const countable = new Map(served.filter(isCountable).map((each) => [`${each.group}/${each.plural}`, each]))
  const evaluators = [...countable.values()].map(quotaEvaluatorOf).filter((evaluator) => evaluator !== undefined)
  const sources = KIND_SOURCES.filter((source) => served.includes(source))
  return defineController({
    name: "resourcequota-controller",
    reads: [...new Set([ResourceQuota, ...evaluators.map(({ resource }) => resource), ...sources])],
    rights: [{ apiGroups: ["*"], resources: ["*"], verbs: ["list"] }],
    writes: [{ resource: ResourceQuota, subresource: "status", verbs: ["update"] }],
    start(context) {
      const quotas = context.informer(ResourceQuota)
      context.enqueueOn(ResourceQuota, (change) => {
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
      return (key) => reconcile(context, evaluators, others, key)
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
  return evaluator.frees?.(change.object, change.previous, platform.clock.nowMs()) ?? false
}

async function reconcile(
  context: ControllerContext,
  evaluators: readonly QuotaEvaluator[],
  others: OtherKinds,
  key: string,
) {
  const quota = context.informer(ResourceQuota).get(key)
  if (quota === undefined) return undefined
  const { namespace } = quota.metadata
  const kinds = evaluators.map((evaluator) => ({
    evaluator,
    objects: () => context.informer(evaluator.resource).list(namespace) as readonly KubeObject[],
  }))
  for (const resource of others.resources) {
    const evaluator = quotaEvaluatorOf(resource)
    if (evaluator === undefined || !covers(quota, evaluator)) continue
    const { items } = await context.client.of(resource).list({ ...(namespace !== undefined && { namespace }) })
    kinds.push({ evaluator, objects: () => items as readonly KubeObject[] })
  }
  const status = statusOf(quota, kinds, context.platform.clock.nowMs())
  if (status !== undefined) await context.client.of(ResourceQuota).updateStatus({ ...quota, status })
  return { againAfterMs: RECOUNT_MS }
}
