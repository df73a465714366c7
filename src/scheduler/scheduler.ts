import { Namespace } from "../api/core/v1/namespace.ts"
import { Node } from "../api/core/v1/node.ts"
import { Pod } from "../api/core/v1/pod.ts"
import type { Client } from "../client/client.ts"
import type { EventRecorder } from "../client/event-recorder.ts"
import { type Change, type Key, keyOf } from "../client/informer.ts"
import type { Platform } from "../platform/platform.ts"
import { ClusterState } from "./cluster-state.ts"
import { buildProfile } from "./config/build-profile.ts"
import type { SchedulerConfig } from "./config/scheduler-config.ts"
import { CycleRunner } from "./cycle-runner.ts"
import { type Decision, Decisions } from "./decisions.ts"
import { nodeAdded, nodeDeleted, nodeUpdated, podAdded, podDeleted, podUpdated } from "./events.ts"
import { Extender } from "./extender/extender.ts"
import { Extenders } from "./extender/extenders.ts"
import type { PluginFactory, PluginHost } from "./framework.ts"
import type { Profile } from "./profile.ts"
import { pluginsOf } from "./queue/hint-map.ts"
import { SchedulingQueue } from "./queue/scheduling-queue.ts"
import { eventOf, WatchedKinds } from "./watched-kinds.ts"

/** So many cycles run before other work of the process gets its turn. */
const CYCLES_AT_ONCE = 16

export interface SchedulerOptions {
  readonly client: Client
  readonly platform: Platform
  readonly events: EventRecorder
  readonly config: SchedulerConfig
  /** Every plugin that profiles can name. */
  readonly registry: ReadonlyMap<string, PluginFactory<never>>
  readonly signal: AbortSignal
}

export interface Scheduler {
  /** Resolves when the first list of pods and nodes is in. */
  readonly ready: Promise<void>
  /** Resolves after `signal` aborted, when the loop has ended. */
  readonly stopped: Promise<void>
  /** True when no pod waits that could be tried now, and no binding or preemption is under way, but for others to act. */
  readonly idle: boolean
  /** The last decision about a pod: who refused it where and why, or how good the best nodes were. */
  decision(key: Key): Decision | undefined
}

/** Gives every pod without a node the best one, and binds it there. */
export function startScheduler(options: SchedulerOptions): Scheduler {
  return new RunningScheduler(options)
}

class RunningScheduler implements Scheduler {
  readonly ready: Promise<void>
  readonly stopped: Promise<void>
  readonly #options: SchedulerOptions
  readonly #profiles: ReadonlyMap<string, Profile>
  readonly #cluster: ClusterState
  readonly #queue: SchedulingQueue
  readonly #decisions = new Decisions()
  readonly #runner: CycleRunner
  /** Bindings and preemptions that are under way. */
  #underWay = 0
  /** Those of them that wait for others, such as for a volume to be made. */
  #awaiting = 0

  constructor(options: SchedulerOptions) {
    const { client, config, events, platform, registry, signal } = options
    this.#options = options
    const kinds = new WatchedKinds(options)
    this.#cluster = new ClusterState(kinds.siblings())
    const extenders = new Extenders(
      config.extenders.map((extender) => new Extender(extender, platform.clock)),
      platform.log,
    )
    const host: PluginHost = {
      client,
      events,
      platform,
      signal,
      cluster: this.#cluster,
      informer: kinds.informer,
      activate: (key) => this.#queue.wake(key),
      refineVictims: (pod, candidates) => extenders.preempted(pod, candidates, this.#cluster),
      track: (work) => this.#track(work),
      await: (others) => this.#await(others),
    }
    this.#profiles = new Map(
      config.profiles.map((profile) => [profile.schedulerName, buildProfile(profile, registry, host)]),
    )
    this.#queue = new SchedulingQueue({
      clock: platform.clock,
      profiles: this.#profiles,
      firstPauseMs: config.podInitialBackoffSeconds * 1000,
      longestPauseMs: config.podMaxBackoffSeconds * 1000,
    })
    this.#runner = new CycleRunner({
      ...options,
      cluster: this.#cluster,
      queue: this.#queue,
      profiles: this.#profiles,
      decisions: this.#decisions,
      extenders,
      track: host.track,
    })
    this.#follow(kinds)
    this.ready = kinds.synced().then(() => undefined)
    signal.addEventListener("abort", () => this.#queue.close(), { once: true })
    this.stopped = this.ready.then(() => this.#run())
  }

  get idle(): boolean {
    return this.#queue.busyCount <= this.#awaiting && this.#underWay === this.#awaiting
  }

  decision(key: Key): Decision | undefined {
    return this.#decisions.get(key)
  }

  #track(work: Promise<unknown>): void {
    this.#underWay++
    void work.finally(() => this.#underWay--)
  }

  async #await<T>(others: Promise<T>): Promise<T> {
    this.#awaiting++
    try {
      return await others
    } finally {
      this.#awaiting--
    }
  }

  #follow({ informer }: WatchedKinds): void {
    informer(Node).onChange((change) => this.#onNode(change))
    informer(Pod).onChange((change) => this.#onPod(change))
    informer(Namespace).onChange(({ type, object: { metadata } }) =>
      this.#cluster.setNamespace(metadata.name, type === "deleted" ? undefined : (metadata.labels ?? {})),
    )
    const plugins = [...this.#profiles.values()].flatMap(pluginsOf)
    const others = new Set(plugins.flatMap(({ wakesOn = [] }) => wakesOn.map(({ on }) => on)))
    for (const kind of others) {
      if (kind === Node || kind === Pod) continue
      informer(kind).onChange((change) => this.#queue.notify(eventOf(kind.kind, change)))
    }
  }

  #onNode(change: Change<Node>): void {
    const { object: node } = change
    if (change.type === "deleted") {
      this.#queue.notify(nodeDeleted(node))
      this.#cluster.removeNode(node.metadata.name)
      return
    }
    this.#cluster.setNode(node)
    const event = change.type === "added" ? nodeAdded(node) : nodeUpdated(node, change.previous)
    if (event !== undefined) this.#queue.notify(event)
  }

  #onPod(change: Change<Pod>): void {
    const { object: pod } = change
    const { phase } = pod.status
    if (change.type === "deleted" || phase === "Succeeded" || phase === "Failed") this.#onPodGone(change)
    else if (pod.spec.nodeName) this.#onPodWithNode(change)
    else this.#onPodWithoutNode(change)
  }

  #onPodGone({ type, object: pod }: Change<Pod>): void {
    const key = keyOf(pod)
    this.#queue.remove(key)
    const wasAssumed = this.#cluster.isAssumed(key)
    this.#cluster.removePod(key)
    const wasNominated = this.#cluster.nominations.remove(key) !== undefined
    if (type === "deleted") this.#decisions.delete(key)
    if (pod.spec.nodeName || wasNominated || wasAssumed) this.#queue.notify(podDeleted(pod))
  }

  #onPodWithNode(change: Change<Pod>): void {
    const { object: pod } = change
    const key = keyOf(pod)
    this.#queue.remove(key)
    this.#cluster.nominations.remove(key)
    this.#cluster.setPod(pod)
    const wasThere = change.type === "updated" && !!change.previous.spec.nodeName
    this.#queue.notify(wasThere ? podUpdated(pod, change.previous) : podAdded(pod))
  }

  #onPodWithoutNode(change: Change<Pod>): void {
    const { object: pod } = change
    const key = keyOf(pod)
    if (this.#cluster.isAssumed(key)) {
      // What was assumed is older than its binding: the API has not caught up. If it leaves, its room is free at once.
      if (pod.metadata.deletionTimestamp === undefined) return
      this.#cluster.removePod(key)
      this.#queue.notify(podDeleted(pod))
      return
    }
    if (!this.#profiles.has(pod.spec.schedulerName ?? "")) return
    const previous = change.type === "updated" ? change.previous : undefined
    this.#nominate(pod, previous)
    this.#queue.set(pod)
    const before = previous?.status.nominatedNodeName
    // The room that was made for it elsewhere is free for others.
    if (previous !== undefined && before && before !== pod.status.nominatedNodeName) {
      this.#queue.notify(podDeleted(previous), key)
    }
  }

  /** Takes in the node that a pod has in view by its status, or keeps the one that was not written there yet. */
  #nominate(pod: Pod, previous: Pod | undefined): void {
    const { nominations } = this.#cluster
    const { nominatedNodeName = "" } = pod.status
    const unwritten = nominatedNodeName === "" && (previous?.status.nominatedNodeName ?? "") === ""
    nominations.set(pod, unwritten ? (nominations.nodeOf(pod) ?? "") : nominatedNodeName)
  }

  async #run(): Promise<void> {
    const { clock } = this.#options.platform
    for (let cycles = 1; ; cycles++) {
      const waiting = await this.#queue.take()
      if (waiting === undefined) return
      await this.#runner.run(waiting)
      if (cycles % CYCLES_AT_ONCE === 0) await clock.sleep(0)
    }
  }
}
