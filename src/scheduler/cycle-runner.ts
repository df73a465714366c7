import type { Pod } from "../api/core/v1/pod.ts"
import { messageOf } from "../machinery/status/message-of.ts"
import { isConflict, isNotFound } from "../machinery/status/predicates.ts"
import { AlikePods } from "./alike.ts"
import { bind, preBind, type Reserved, recordScheduled, reserve } from "./binding.ts"
import type { ClusterState } from "./cluster-state.ts"
import type { SchedulerConfig } from "./config/scheduler-config.ts"
import { pick, type Search, score, search } from "./cycle.ts"
import { type Decisions, placement, refusal } from "./decisions.ts"
import { podDeleted } from "./events.ts"
import type { Extenders } from "./extender/extenders.ts"
import type { PostFilterOutcome } from "./framework.ts"
import type { NodeState } from "./node-state.ts"
import type { Profile } from "./profile.ts"
import { EXTENDERS } from "./queue/hint-map.ts"
import type { SchedulingQueue } from "./queue/scheduling-queue.ts"
import type { Waiting } from "./queue/waiting.ts"
import { type Report, type Reporting, reportFailure } from "./report-unschedulable.ts"
import { Refusals, rejectingPlugins, unschedulableMessage, type Verdicts } from "./verdicts.ts"

export interface CycleRunnerOptions extends Reporting {
  readonly config: SchedulerConfig
  readonly cluster: ClusterState
  readonly queue: SchedulingQueue
  readonly profiles: ReadonlyMap<string, Profile>
  readonly decisions: Decisions
  readonly extenders: Extenders
  readonly signal: AbortSignal
  /** Work that goes on beside scheduling. */
  readonly track: (work: Promise<unknown>) => void
}

/** Takes one pod after the other through a scheduling cycle, and binds beside that. */
export class CycleRunner {
  readonly #options: CycleRunnerOptions
  readonly #alike: AlikePods
  #startAt = 0

  constructor(options: CycleRunnerOptions) {
    this.#options = options
    this.#alike = new AlikePods(options.cluster)
  }

  async run(waiting: Waiting): Promise<void> {
    const { pod, key } = waiting
    const { cluster, events, profiles, queue } = this.#options
    const profile = profiles.get(pod.spec.schedulerName ?? "")
    if (profile === undefined || cluster.isAssumed(key)) {
      queue.remove(key)
      return
    }
    if (pod.metadata.deletionTimestamp !== undefined) {
      queue.remove(key)
      const message = `skip schedule deleting pod: ${pod.metadata.namespace}/${pod.metadata.name}`
      events.record(pod, "Warning", "FailedScheduling", message, { action: "Scheduling" })
      return
    }
    try {
      await this.#schedule(waiting, profile)
    } catch (error) {
      this.#fail(waiting, error)
    }
  }

  async #schedule(waiting: Waiting, profile: Profile): Promise<void> {
    const { cluster, config, decisions, extenders } = this.#options
    const nodeCount = cluster.nodes.size
    if (nodeCount === 0) {
      // Everything waits for the first node.
      this.#refuse(waiting, { nodeCount, byNode: new Refusals() }, { message: "", nominate: "" }, profile.filter)
      return
    }
    const found = search(waiting.pod, cluster, profile, {
      startAt: this.#startAt,
      percentageOfNodesToScore: profile.percentageOfNodesToScore ?? config.percentageOfNodesToScore,
      anyWillDo: profile.score.length === 0 && !extenders.prioritize && !extenders.filter,
      alike: this.#alike,
    })
    this.#startAt = (this.#startAt + found.evaluated) % nodeCount
    const left = extenders.isEmpty ? found : await this.#askExtenders(waiting.pod, found)
    const { evaluated, feasible, verdicts } = left
    const [first] = feasible
    if (first === undefined) {
      this.#refuse(waiting, verdicts, await this.#postFilter(waiting.pod, left, profile))
      return
    }
    const scores = feasible.length === 1 ? [] : score(left, profile)
    if (scores.length > 0 && extenders.prioritize) await extenders.score(waiting.pod, feasible, scores)
    const node = feasible.length === 1 ? first : pick(feasible, scores, this.#options.platform.random)
    decisions.set(waiting.key, placement(node.name, evaluated, feasible, scores))
    this.#place(waiting, left, profile, node)
  }

  /** What extenders leave of the nodes that fit. */
  async #askExtenders(pod: Pod, found: Search): Promise<Search> {
    const byNode = new Refusals(found.verdicts.byNode)
    const feasible = await this.#options.extenders.filtered(pod, found.feasible, byNode)
    const { alsoRejectedBy = [] } = found.verdicts
    const refused = feasible.length === found.feasible.length ? [] : [EXTENDERS]
    return {
      ...found,
      feasible,
      verdicts: { ...found.verdicts, byNode, alsoRejectedBy: [...alsoRejectedBy, ...refused] },
    }
  }

  /** Counts the pod on its node from now on, and binds it there. */
  #place(waiting: Waiting, { plans }: Search, profile: Profile, { name }: NodeState): void {
    const { cluster, track } = this.#options
    cluster.assume(waiting.pod, name)
    const reserved = reserve(plans, profile, name)
    if ("rejection" in reserved) {
      this.#forget(waiting.pod)
      this.#refuse(waiting, { nodeCount: 1, byNode: new Refusals([[name, reserved]]) }, { message: "", nominate: "" })
      return
    }
    cluster.nominations.remove(waiting.key)
    track(this.#bind(waiting, reserved))
  }

  async #bind(waiting: Waiting, reserved: Reserved): Promise<void> {
    const { extenders, signal } = this.#options
    const { pod } = waiting
    try {
      if (reserved.preBinds.length > 0) await preBind(this.#options, pod, reserved, signal)
      if (await extenders.bound(pod, reserved.nodeName)) recordScheduled(this.#options, pod, reserved.nodeName)
      else await bind(this.#options, pod, reserved.nodeName)
    } catch (error) {
      reserved.unreserve()
      const cause = error instanceof Error ? error.cause : undefined
      // Deleted, or bound by somebody else: the informer tells which.
      if (isNotFound(cause) || isConflict(cause)) this.#options.queue.discard(waiting)
      this.#fail(waiting, error)
    }
  }

  /** The room that it was counted in is free again. */
  #forget(pod: Pod): void {
    const { cluster, queue } = this.#options
    const { key, nodeName } = cluster.forget(pod)
    if (nodeName !== undefined) queue.notify(podDeleted({ ...pod, spec: { ...pod.spec, nodeName } }), key)
  }

  /** Something went wrong that has nothing to do with nodes. */
  #fail(waiting: Waiting, error: unknown): void {
    const { platform, queue, signal } = this.#options
    if (signal.aborted) return
    const message = messageOf(error)
    platform.log.warn("pod was not scheduled and will be tried again", { pod: waiting.key, error })
    this.#forget(waiting.pod)
    queue.retry(waiting)
    this.#report(waiting, { reason: "SchedulerError", message, nominatedNodeName: "" })
  }

  /** `by`: the plugins whose events can help; absent: those that rejected it. */
  #refuse(
    waiting: Waiting,
    verdicts: Verdicts,
    { message: more, nominate }: PostFilterOutcome,
    by = rejectingPlugins(verdicts),
  ): void {
    const { decisions, queue } = this.#options
    const message = unschedulableMessage(verdicts, more)
    decisions.set(waiting.key, refusal(verdicts, message))
    queue.rejected(waiting, by)
    this.#report(waiting, { reason: "Unschedulable", message, nominatedNodeName: nominate })
  }

  #report({ pod, key }: Waiting, report: Report): void {
    const { cluster, queue, track } = this.#options
    if (report.nominatedNodeName !== undefined && queue.has(key)) cluster.nominations.set(pod, report.nominatedNodeName)
    track(reportFailure(this.#options, pod, report))
  }

  /** Lets plugins make room, one after the other until one succeeds. */
  async #postFilter(pod: Pod, { plans, verdicts }: Search, profile: Profile): Promise<PostFilterOutcome> {
    const failure = { verdicts, plans, cluster: this.#options.cluster }
    const messages: string[] = []
    let nominate: string | undefined
    for (const plugin of profile.postFilter) {
      const own = plans.plans.get(plugin.name)?.postFilter
      const outcome = await (own === undefined ? plugin.postFilter?.(pod, failure) : own(failure))
      if (outcome === undefined) continue
      if (outcome.done) return outcome
      nominate = outcome.nominate ?? nominate
      if (outcome.message !== "") messages.push(outcome.message)
    }
    return { message: messages.join(", "), ...(nominate !== undefined && { nominate }) }
  }
}
