import type { Job } from "../../api/batch/v1/job.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { cheapestToLoseFirst } from "../pods/deletion-order.ts"
import { isReady } from "../pods/pod-state.ts"
import { type Assessment, allFailures, assess, type World } from "./assess.ts"
import { endedMs, pauseMs } from "./backoff.ts"
import { IndexSet, indexOf, validIndexOf } from "./indexes.ts"
import { hasLimitPerIndex, isIndexed, isStopping, isSuspended, replacesOnlyEnded } from "./job-state.ts"

/** The most pods that one run creates or deletes. */
const BURST_MAX = 500

export type Step =
  /** `index`: for indexed jobs. `replaced`: the failed pod whose count goes on. */
  | { readonly do: "create"; readonly index?: number; readonly replaced?: Pod }
  /** `uncounted`: the pod is not wanted any more and shall not count as failed. */
  | { readonly do: "delete"; readonly pod: Pod; readonly uncounted: boolean }

export interface Plan {
  readonly assessment: Assessment
  readonly steps: readonly Step[]
  /** When to look again though nothing changes, in milliseconds. */
  readonly againAfterMs: number | undefined
}

/** What to do with the pods of a job that has not ended. `now`: the time as objects have it. */
export function plan(world: World, now: string): Plan {
  const assessment = assess(world, now)
  const { end, active, deadlineInMs } = assessment
  if (end !== undefined) {
    return {
      assessment,
      steps: active.map((pod) => ({ do: "delete", pod, uncounted: false })),
      againAfterMs: undefined,
    }
  }
  const { steps, waitMs } = world.job.metadata.deletionTimestamp === undefined ? settle(world, assessment) : NOTHING
  const waits = [deadlineInMs, waitMs].filter((ms) => ms !== undefined)
  return { assessment, steps, againAfterMs: waits.length === 0 ? undefined : Math.min(...waits) }
}

interface Settled {
  readonly steps: readonly Step[]
  readonly waitMs?: number
}
const NOTHING: Settled = { steps: [] }

/** From the pods that run to the number that should. */
function settle(world: World, assessment: Assessment): Settled {
  const { job } = world
  const { active, terminating } = assessment
  const wanted = isSuspended(job) ? 0 : wantedPods(job, assessment)
  const surplus = surplusPods(world, active, Math.max(0, active.length - wanted))
  const removed = isSuspended(job) ? active : surplus.slice(0, BURST_MAX)
  if (removed.length > 0) return { steps: removed.map((pod) => ({ do: "delete", pod, uncounted: true })) }
  const missing = wanted - active.length - (replacesOnlyEnded(job) ? terminating : 0)
  return missing > 0 ? create(world, assessment, Math.min(missing, BURST_MAX)) : NOTHING
}

function wantedPods({ spec }: Job, { succeeded, active }: Assessment): number {
  const { completions, parallelism = 1 } = spec
  // Without a number of completions, one success means that the work is done.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(0, Math.min(completions - succeeded, parallelism))
}

function create({ job, pods, nowMs }: World, assessment: Assessment, count: number): Settled {
  const pause = hasLimitPerIndex(job) ? 0 : pauseMs(assessment.failures, nowMs)
  if (pause > 0) return { steps: [], waitMs: pause }
  if (!isIndexed(job)) return { steps: Array.from({ length: count }, () => ({ do: "create" })) }
  const { completions = 0 } = job.spec
  const busy = replacesOnlyEnded(job) ? [...assessment.active, ...pods.filter(isStopping)] : assessment.active
  const taken = IndexSet.of(busy.flatMap((pod) => indexOf(pod) ?? []))
    .union(assessment.succeededIndexes)
    .union(assessment.failedIndexes ?? IndexSet.empty)
  const steps: Step[] = []
  const waits: number[] = []
  for (const index of taken.missing(count, completions)) {
    const replaced = assessment.replaceable.get(index)
    const wait =
      replaced === undefined ? 0 : pauseMs({ count: allFailures(replaced), lastMs: endedMs(replaced) }, nowMs)
    if (wait > 0) waits.push(wait)
    else steps.push({ do: "create", index, ...(replaced !== undefined && { replaced }) })
  }
  return waits.length === 0 ? { steps } : { steps, waitMs: Math.min(...waits) }
}

/** At least so many pods that cost least to lose; of an indexed job first those without an index of their own. */
function surplusPods({ job, nowMs }: World, active: readonly Pod[], atLeast: number): readonly Pod[] {
  const order = cheapestToLoseFirst({ nowMs, neighboursOn: new Map() })
  const useless: Pod[] = []
  let useful = active
  if (isIndexed(job)) {
    const byIndex = Map.groupBy(active, (pod) => validIndexOf(pod, job.spec.completions ?? 0))
    useless.push(...(byIndex.get(undefined) ?? []))
    byIndex.delete(undefined)
    const twins = [...byIndex.values()].map((pods) => pods.toSorted(order))
    useless.push(...twins.flatMap((pods) => pods.slice(0, -1)))
    useful = twins.flatMap((pods) => pods.slice(-1))
  }
  return [...useless, ...useful.toSorted(order).slice(0, Math.max(0, atLeast - useless.length))]
}

/** How many pods are in which state once the steps are done. */
export interface Standing {
  readonly active: number
  readonly ready: number
  readonly terminating: number
}

export function standingAfter({ active, ready, terminating }: Assessment, done: readonly Step[]): Standing {
  const deleted = done.filter((step) => step.do === "delete")
  return {
    active: active.length - deleted.length + (done.length - deleted.length),
    ready: ready - deleted.filter(({ pod }) => isReady(pod)).length,
    terminating: terminating + deleted.length,
  }
}

/** Whether enough pods have succeeded. */
export function isComplete({ spec }: Job, { succeeded }: Assessment, active: number): boolean {
  return active === 0 && (spec.completions === undefined ? succeeded > 0 : succeeded >= spec.completions)
}
