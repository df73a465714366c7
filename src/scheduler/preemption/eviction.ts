import { disruptionTarget } from "../../api/core/v1/disruption-target.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { keyOf } from "../../client/informer.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { priorityOf } from "../filtering.ts"
import type { PluginHost } from "../framework.ts"
import { PREEMPTION_REASON } from "./preempt.ts"
import type { Candidate } from "./select-victims.ts"

/**
 * Ends the victims of pods that preempt, while scheduling goes on. A pod whose victims are being ended must not choose
 * more meanwhile, so it stays out of the queue until the deletion of the last one has begun.
 */
export class Eviction {
  readonly #host: PluginHost
  readonly #pods: { get(key: string): Pod | undefined }
  /** By the preemptor's uid: the last victim, once all others are dealt with. */
  readonly #underWay = new Map<string, Pod | undefined>()

  constructor(host: PluginHost) {
    this.#host = host
    this.#pods = host.informer(Pod)
  }

  isUnderWay(preemptorUid: string): boolean {
    if (!this.#underWay.has(preemptorUid)) return false
    const last = this.#underWay.get(preemptorUid)
    if (last === undefined) return true
    const known = this.#pods.get(keyOf(last))
    return known !== undefined && known.metadata.deletionTimestamp === undefined
  }

  start(preemptor: Pod, { victims, nodeName }: Candidate): void {
    const staying = victims.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    const last = staying.pop()
    if (last === undefined) return
    this.#underWay.set(preemptor.metadata.uid, undefined)
    const done = this.#run(preemptor, staying, last, nodeName)
      .catch((error: unknown) => {
        const { log } = this.#host.platform
        log.warn("pods were not preempted and this will be tried again", { pod: keyOf(preemptor), error })
        return "failed" as const
      })
      .then((failed) => {
        this.#underWay.delete(preemptor.metadata.uid)
        if (failed) this.#host.activate(keyOf(preemptor))
      })
    this.#host.track(done)
  }

  async #run(preemptor: Pod, others: readonly Pod[], last: Pod, nodeName: string): Promise<undefined> {
    // The room is not theirs any more: they should look elsewhere at once.
    const inView = [...this.#host.cluster.nominations.on(nodeName).values()]
    const displaced = inView.filter(
      ({ pod, priority }) => priority < priorityOf(preemptor) && pod.status.nominatedNodeName,
    )
    await Promise.all(displaced.map(({ pod }) => this.#forgetNomination(pod)))
    await Promise.all(others.map((victim) => this.#evict(preemptor, victim, nodeName)))
    this.#underWay.set(preemptor.metadata.uid, last)
    await this.#evict(preemptor, last, nodeName)
    return undefined
  }

  /** Ends one victim, and says on it for whom. */
  async #evict(preemptor: Pod, victim: Pod, nodeName: string): Promise<void> {
    const { client, events, platform } = this.#host
    const { uid } = victim.metadata
    const message = `${preemptor.spec.schedulerName}: preempting to accommodate a higher priority pod`
    const says = { status: "True", reason: PREEMPTION_REASON, message } as const
    const condition = disruptionTarget(victim, says, timeFromMs(platform.clock.nowMs()))
    try {
      const body = { metadata: { uid }, status: { conditions: [condition] } }
      await client.of(Pod).patch(victim.metadata, body, { type: "strategic", subresource: "status" })
      await client.of(Pod).delete(victim.metadata, { preconditions: { uid } })
    } catch (error) {
      // Gone already, and perhaps another one has its name by now.
      if (isNotFound(error) || isConflict(error)) return
      throw error
    }
    const options = { related: preemptor, action: "Preempting" }
    events.record(
      victim,
      "Normal",
      "Preempted",
      `Preempted by pod ${preemptor.metadata.uid} on node ${nodeName}`,
      options,
    )
  }

  /** Takes the node that a pod had in view out of its status. What fails is not worth stopping for. */
  async #forgetNomination(pod: Pod): Promise<void> {
    const { client, platform } = this.#host
    try {
      const body = { metadata: { uid: pod.metadata.uid }, status: { nominatedNodeName: null } }
      await client.of(Pod).patch(pod.metadata, body, { type: "strategic", subresource: "status" })
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return
      platform.log.warn("the node in view was not taken out of a pod's status", { pod: keyOf(pod), error })
    }
  }
}
