import { isDeepStrictEqual } from "node:util"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodStatus } from "../../api/core/v1/pod-status.ts"
import type { ContainerId } from "../../runtime/runtime.ts"
import { noteMessages } from "../container/termination-message.ts"
import { claimStatuses } from "../devices/pod-claims.ts"
import { isOwn } from "../status/conditions.ts"
import { newlyEnded } from "../status/newly-ended.ts"
import { podStatus, type Verdict } from "../status/pod-status.ts"
import { type Action, operationKey, type Waiting } from "./actions.ts"
import { Alarm } from "./alarm.ts"
import { announceBackoff } from "./announce-backoff.ts"
import { describePod } from "./containers.ts"
import { Deadline, pastDeadline } from "./deadline.ts"
import { end } from "./ending.ts"
import { type Failure, type ImageFact, type PodFacts } from "./facts.ts"
import { ResizeFollower } from "./follow-resize.ts"
import { terminationGraceMs } from "./grace.ts"
import { next } from "./next.ts"
import type { Operations } from "./operations.ts"
import { probedContainers } from "./probed.ts"
import type { Stage } from "./stage.ts"
import type { Performer, WorkerEnvironment } from "./worker-environment.ts"
import type { WorkerOptions } from "./worker-options.ts"
import { WorkerTimings } from "./worker-timings.ts"

const retryMs = 2000

/** Carries one pod through its life: asks the pure functions what is next, performs it, reports the status. */
export class PodWorker {
  readonly #options: WorkerOptions
  readonly #environment: WorkerEnvironment
  readonly #images = new Map<string, ImageFact>()
  readonly #failures = new Map<string, Failure>()
  readonly #busy = new Map<string, Action>()
  readonly #actuated = new Map<ContainerId, string>()
  readonly #messages = new Map<string, string>()
  readonly #perform: Performer
  readonly #running = new AbortController()
  readonly #resize: ResizeFollower
  readonly #deadline = new Deadline()
  /** As the API has it. */
  #asked: Pod
  /** With the resources that the node has set aside for it. */
  #pod: Pod
  #status: PodStatus
  #stage: Stage = { name: "running" }
  #verdict: Verdict | undefined
  #volumesMounted = false
  #waiting: ReadonlyMap<string, Waiting> = new Map()
  #inApi = true
  #planned = false
  #settled: boolean
  readonly #alarm: Alarm
  #cleaning = false
  #cleaned = false
  readonly #operations: Operations
  readonly #timings: WorkerTimings | undefined

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#environment = options.environment
    const { admitResize: admit, environment, onRoom } = options
    this.#resize = new ResizeFollower({ ...environment, admit, onRoom }, options.pod)
    this.#asked = options.pod
    this.#pod = this.#resize.allocated(options.pod)
    this.#status = options.pod.status ?? {}
    this.#verdict = options.verdict
    this.#settled = options.settled === undefined
    void options.settled?.then((verdict) => {
      this.#settled = true
      if (verdict !== undefined) this.evict(verdict)
      this.poke()
    })
    this.#perform = environment.performer()
    this.#timings =
      environment.timings && new WorkerTimings(environment.platform.clock, environment.timings, options.pod)
    this.#alarm = new Alarm(options.environment.platform.clock, () => this.poke())
    this.#operations = {
      images: this.#images,
      failures: this.#failures,
      actuated: this.#actuated,
      signal: options.signal,
      running: this.#running.signal,
      pod: () => this.pod,
      setVolumesMounted: (mounted) => (this.#volumesMounted = mounted),
      reject: (rejection) => this.evict(options.reject(rejection)),
    }
    const { phase } = this.#status
    const final = phase === "Succeeded" || phase === "Failed"
    if (options.verdict !== undefined || final) this.#end()
    this.update(options.pod)
  }

  /** The pod with its current status. */
  get pod(): Pod {
    return { ...this.#pod, status: { ...this.#status, ...claimStatuses(this.#asked) } }
  }

  /** It has not begun to end. */
  get runs(): boolean {
    return this.#stage.name === "running"
  }

  /** Nothing of it runs or will run. */
  get over(): boolean {
    return this.#stage.name === "ended" || this.#stage.name === "gone"
  }

  /** The pod as the API has it now. */
  update(pod: Pod): void {
    // Files of downward API volumes show labels and annotations.
    if (!isDeepStrictEqual(shownFiles(pod), shownFiles(this.#pod))) this.#volumesMounted = false
    this.#asked = pod
    this.#timings?.updated()
    this.#pod = this.#resize.allocated(pod)
    // Conditions of others come from the API; everything else is what this node has found out last.
    const own = (this.#status.conditions ?? []).filter(isOwn)
    const foreign = (pod.status?.conditions ?? []).filter((each) => !isOwn(each))
    this.#status = { ...this.#status, conditions: [...foreign, ...own] }
    if (pod.metadata.deletionTimestamp !== undefined) this.#end()
    if (this.#stage.name === "running") {
      this.#environment.objects.retain(pod)
      this.considerResize()
    }
    this.poke()
  }

  /** Changed requests and limits wait for room. */
  get resizeIsPending(): boolean {
    return this.runs && this.#resize.isPending
  }

  considerResize(): void {
    this.#pod = this.#resize.consider({ ...this.#asked, status: this.#status })
    this.poke()
  }

  /** The pod is gone from the API without having been ended here first. */
  orphan(): void {
    this.#inApi = false
    this.#end()
    this.poke()
  }

  /** Ends the pod for a reason of the node's, such as its deadline or a shortage. */
  evict(verdict: Verdict, graceMs?: number): void {
    if (this.#stage.name !== "running") return
    this.#verdict = verdict
    this.#end(graceMs)
    this.poke()
  }

  /** Something that the pod depends on may have changed. Decides once for all changes of this turn. */
  poke(): void {
    if (this.#planned || this.#stage.name === "gone") return
    this.#planned = true
    queueMicrotask(() => {
      this.#planned = false
      // It may have gone since.
      if (this.#options.signal.aborted || this.#stage.name === "gone") return
      try {
        this.#step()
      } catch (error) {
        // A pod that surprises us must not end the agent and with it the care for all others.
        const { clock, log } = this.#environment.platform
        log.error("a pod's next step could not be decided", { pod: describePod(this.#pod), error })
        this.#alarm.at(clock.monotonicMs() + retryMs)
      }
    })
  }

  #end(graceMs = terminationGraceMs(this.#pod)): void {
    const { name } = this.#stage
    if (name === "ended" || name === "gone") return
    const { clock } = this.#environment.platform
    const sinceMs = this.#stage.name === "ending" ? this.#stage.ending.sinceMs : clock.monotonicMs()
    this.#stage = { name: "ending", ending: { graceMs, sinceMs } }
    this.#running.abort()
    // Kills that allow more time than is left now make way for shorter ones.
    for (const [key, action] of this.#busy) {
      if (action.do === "kill-container" && action.graceMs > graceMs) this.#busy.delete(key)
    }
  }

  #facts(): PodFacts {
    const { platform, prober, view } = this.#environment
    const { uid } = this.#pod.metadata
    return {
      pod: this.pod,
      runtime: view.of(uid),
      volumesMounted: this.#volumesMounted,
      images: this.#images,
      actuated: this.#actuated,
      probes: prober.facts(uid),
      busy: new Set(this.#busy.keys()),
      failures: this.#failures,
      nowMs: platform.clock.nowMs(),
      monotonicMs: platform.clock.monotonicMs(),
      restartPauseMaxMs: this.#environment.settings.restartPauseMaxMs,
    }
  }

  #step(): void {
    if (!this.#settled && this.runs) return
    this.#alarm.clear()
    this.#timings?.work(this.#pod, this.#stage)
    const { events, nodeIps, prober, view } = this.#environment
    noteMessages(this.#messages, view.of(this.#pod.metadata.uid).containers, this.#pod.spec)
    const probed = probedContainers(this.pod, view.of(this.#pod.metadata.uid), nodeIps[0])
    prober.track(this.#pod, probed, this.#stage.name !== "running")
    this.#checkDeadline()
    if (this.#stage.name === "running") {
      const decision = next(this.#facts())
      announceBackoff(events, this.#pod, this.#waiting, decision.waiting)
      this.#waiting = decision.waiting
      for (const action of decision.actions) this.#begin(action)
      this.#followResize()
      if (decision.completed) this.#end()
      else if (decision.wakeAtMs !== undefined) this.#alarm.at(decision.wakeAtMs)
    }
    if (this.#stage.name === "ending") {
      const { actions, ended } = end(this.#facts(), this.#stage.ending)
      this.#waiting = new Map()
      for (const action of actions) this.#begin(action)
      if (ended) {
        this.#stage = { name: "ended" }
        this.#options.onRoom()
      }
    }
    this.#report()
    if (this.#busy.size === 0) this.#timings?.rest()
    if (this.#stage.name === "ended") void this.#finish()
  }

  #followResize(): void {
    this.#resize.follow(this.#facts())
    const { askAgainAtMs } = this.#resize
    if (askAgainAtMs === undefined) return
    if (askAgainAtMs <= this.#environment.platform.clock.monotonicMs()) this.considerResize()
    else this.#alarm.at(askAgainAtMs)
  }

  #begin(action: Action): void {
    const key = operationKey(action)
    this.#busy.set(key, action)
    const pulled = action.do === "ensure-image" ? this.#timings?.pulls() : undefined
    this.#perform(this.#operations, action)
      .catch((error: unknown) => {
        const { clock, log } = this.#environment.platform
        log.error("an operation on a pod failed", { pod: describePod(this.#pod), operation: key, error })
        // It stays busy for a while: what fails at once would otherwise be tried again without end.
        return clock.sleep(retryMs, this.#options.signal).catch(() => undefined)
      })
      .finally(() => {
        pulled?.()
        if (this.#busy.get(key) === action) this.#busy.delete(key)
        this.poke()
      })
  }

  #checkDeadline(): void {
    const { clock } = this.#environment.platform
    const atMs = this.#deadline.atMs(this.pod, clock)
    if (this.#stage.name !== "running" || atMs === undefined) return
    if (clock.monotonicMs() < atMs) return this.#alarm.at(atMs)
    this.#environment.events.record(this.#pod, "Normal", pastDeadline.reason, pastDeadline.message)
    this.#verdict = pastDeadline
    this.#end()
  }

  #report(): void {
    const { counters, deviceHealth, nodeIps, runtimeName, statuses } = this.#environment
    const { name } = this.#stage
    const before = this.#status
    this.#status = podStatus({
      ...this.#facts(),
      waiting: this.#waiting,
      messages: this.#messages,
      ending: name !== "running",
      ended: name === "ended",
      verdict: this.#verdict,
      resize: name === "running" ? this.#resize.conditions : [],
      nodeIps,
      runtimeName,
      ...(deviceHealth && { deviceHealth }),
    })
    for (const ended of newlyEnded(before, this.#status)) counters.add("kubelet_terminated_containers_total", ended)
    this.#timings?.reported(this.#pod, before, this.#status)
    this.#options.onStatus(this.pod)
    if (this.#inApi) statuses.submit(this.#pod, this.#status)
  }

  /** Gives back what the pod held. When it is to be deleted nothing of it stays. */
  async #finish(): Promise<void> {
    const forGood = !this.#inApi || this.#pod.metadata.deletionTimestamp !== undefined
    if (this.#cleaning || (this.#cleaned && !forGood)) return
    this.#cleaning = true
    try {
      await this.#environment.cleanUp(this.pod, forGood)
      this.#volumesMounted = false
      this.#cleaned = true
      this.#environment.objects.release(this.#pod.metadata.uid)
      if (!forGood) return
      if (this.#inApi) {
        await this.#environment.statuses.written(this.#pod.metadata.uid)
        await this.#environment.confirmDeletion(this.#pod)
      }
      this.#stage = { name: "gone" }
      this.#options.onGone(this.#pod.metadata.uid)
    } catch (error) {
      const { clock, log } = this.#environment.platform
      log.warn("a pod was not cleaned up and will be tried again", { pod: describePod(this.#pod), error })
      this.#alarm.at(clock.monotonicMs() + retryMs)
    } finally {
      this.#cleaning = false
      if (this.#stage.name === "ended" && !forGood) this.poke()
    }
  }
}

const shownFiles = ({ metadata }: Pod) => [metadata.annotations, metadata.labels]
