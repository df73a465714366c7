import type { Pod } from "../../../api/core/v1/pod.ts"
import { PodDisruptionBudget } from "../../../api/policy/v1/pod-disruption-budget.ts"
import { emptyMap } from "../../../machinery/patch/structure.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { compileLabelSelector } from "../../../machinery/selectors/label-selector.ts"
import { SelectorError } from "../../../machinery/selectors/requirement.ts"
import { forbidden, tooManyRequests } from "../../../machinery/status/errors.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import { timeFromMs } from "../../../machinery/time/timestamp.ts"
import { toDraft } from "../draft.ts"
import type { WriteOptions } from "../request-options.ts"
import type { Scope } from "../scope.ts"
import { collectionPrefix } from "../storage-key.ts"
import { updateObject } from "../update.ts"

/** What evictions take from a pod's disruption budget. https://kubernetes.io/docs/concepts/workloads/pods/disruptions/ */

/** Evictions that the controller has not seen yet; more would make the object too large. */
const DISRUPTED_PODS_MAX = 2000
const RETRY_SECONDS = 10
const CONDITION = "DisruptionAllowed"

/** The budget that protects the pod. Throws when there are several: nobody could say whose count it is. */
export function budgetOf({ backend }: Scope, { metadata }: Pod): PodDisruptionBudget | undefined {
  const prefix = collectionPrefix(PodDisruptionBudget, metadata.namespace)
  const budgets = backend.feed
    .cacheOf(PodDisruptionBudget)
    .list({ prefix })
    .map(({ object }) => object as PodDisruptionBudget)
    .filter((budget) => protects(budget, metadata.labels))
  if (budgets.length > 1) {
    const why = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
    throw new StatusError("", 500, why)
  }
  return budgets[0]
}

function protects({ spec }: PodDisruptionBudget, labels: Pod["metadata"]["labels"]): boolean {
  try {
    return compileLabelSelector(spec.selector).matches(labels)
  } catch (error) {
    // Who cannot say which pods are meant protects none.
    if (error instanceof SelectorError) return false
    throw error
  }
}

/** A pod that is not ready serves nobody: whether its end leaves the budget as it is. */
export function sparesUnhealthy({ spec, status }: PodDisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true
  return status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0
}

/** Takes one disruption from the budget. Throws a 429 when there is none. */
export async function takeDisruption(
  scope: Scope,
  budget: PodDisruptionBudget,
  podName: string,
  options: WriteOptions,
): Promise<void> {
  const { name } = budget.metadata
  const now = timeFromMs(scope.backend.platform.clock.nowMs())
  await updateObject({ ...scope, resource: PodDisruptionBudget, name, subresource: "status" }, options, {
    mustExist: true,
    direct: true,
    transform: (old) => {
      const draft = toDraft((old as NonNullable<typeof old>).object)
      takeFrom(draft as unknown as Draft<PodDisruptionBudget>, podName, now)
      return draft
    },
  })
}

function takeFrom({ metadata, status }: Draft<PodDisruptionBudget>, podName: string, now: string): void {
  const { name } = metadata
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) throw stillProcessed(name)
  if (status.disruptionsAllowed < 0) throw refused(name, "pdb disruptions allowed is negative")
  if (Object.keys(status.disruptedPods ?? {}).length > DISRUPTED_PODS_MAX) {
    throw refused(name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller")
  }
  if (status.disruptionsAllowed === 0) throw wouldViolate(whyNone(name, status), 0)
  status.disruptionsAllowed--
  if (status.disruptionsAllowed === 0) setExhausted(status, now)
  // The controller does not count the pod as healthy any more, though it still is for a while.
  const disrupted = (status.disruptedPods ??= emptyMap<string>())
  disrupted[podName] = now
}

function refused(name: string, why: string): StatusError {
  return forbidden({ group: PodDisruptionBudget.group, resource: "poddisruptionbudget" }, name, why)
}

/** The budget, or the pod, has changed and was not counted again yet. */
export function stillProcessed(name: string): StatusError {
  return wouldViolate(`The disruption budget ${name} is still being processed by the server.`, RETRY_SECONDS)
}

function wouldViolate(why: string, retryAfterSeconds: number): StatusError {
  const message = "Cannot evict pod as it would violate the pod's disruption budget."
  const { reason, code, details } = tooManyRequests(message, retryAfterSeconds)
  return new StatusError(reason, code, message, { ...details, causes: [{ reason: "DisruptionBudget", message: why }] })
}

function whyNone(name: string, status: Draft<PodDisruptionBudget>["status"]): string {
  const { conditions = [], currentHealthy, desiredHealthy } = status
  const budget = `The disruption budget ${name}`
  const closed = conditions.find(
    ({ type, status: holds, message }) => type === CONDITION && holds === "False" && message !== "",
  )
  if (closed?.reason === "SyncFailed") {
    return `${budget} does not allow evicting pods currently because it failed sync: ${closed.message}`
  }
  if (currentHealthy <= desiredHealthy) {
    return `${budget} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  }
  if (closed !== undefined) {
    return `${budget} does not allow evicting pods currently (${closed.reason}): ${closed.message}`
  }
  return `${budget} does not allow evicting pods currently`
}

function setExhausted(status: Draft<PodDisruptionBudget>["status"], now: string): void {
  const conditions = (status.conditions ??= [])
  const before = conditions.find(({ type }) => type === CONDITION)
  const next = {
    type: CONDITION,
    status: "False",
    ...(status.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
    lastTransitionTime: before?.status === "False" ? before.lastTransitionTime : now,
    reason: "InsufficientPods",
    message: "",
  }
  if (before === undefined) conditions.push(next)
  else Object.assign(before, next)
}
