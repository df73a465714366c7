import { ReplicaSet } from "../api/apps/v1/replica-set.ts"
import { Namespace } from "../api/core/v1/namespace.ts"
import { Node } from "../api/core/v1/node.ts"
import { Pod } from "../api/core/v1/pod.ts"
import { ReplicationController } from "../api/core/v1/replication-controller.ts"
import { Service } from "../api/core/v1/service.ts"
import { PodDisruptionBudget } from "../api/policy/v1/pod-disruption-budget.ts"
import type { Client } from "../client/client.ts"
import type { EventRecorder } from "../client/event-recorder.ts"
import { type Change, type Informer, type Key, keyOf, startInformer } from "../client/informer.ts"
import { isConflict, isNotFound } from "../machinery/status/predicates.ts"
import type { Platform } from "../platform/platform.ts"
import { ClusterState } from "./cluster-state.ts"
import { type Decision, schedule, unschedulableMessage, type Verdicts } from "./cycle.ts"
import { priorityOf } from "./filtering.ts"
import type { SchedulingPlugin } from "./framework.ts"
import { evictVictims, forgetNomination } from "./preemption/evict-victims.ts"
import { decidePreemption } from "./preemption/preempt.ts"
import type { Candidate } from "./preemption/select-victims.ts"
import { SchedulingQueue, type Waiting } from "./queue.ts"
import { reportUnschedulable } from "./report-unschedulable.ts"
import { siblingsOf } from "./siblings.ts"

export const DEFAULT_SCHEDULER_NAME = "default-scheduler"
/** So many cycles run before other work of the process gets its turn. */
const CYCLES_AT_ONCE = 16
/** Decisions kept for `why`. */
const DECISIONS_MAX = 4096

export interface SchedulerOptions {
  readonly client: Client
  readonly platform: Platform
  readonly events: EventRecorder
  readonly plugins: readonly SchedulingPlugin[]
  readonly signal: AbortSignal
  /** Pods with this `schedulerName` are ours. Default: `default-scheduler`. */
  readonly schedulerName?: string
}

export interface Scheduler {
  /** Resolves when the first list of pods and nodes is in. */
  readonly ready: Promise<void>
  /** Resolves after `signal` aborted, when the loop has ended. */
  readonly stopped: Promise<void>
  /** True when no pod waits that could be tried now, and no binding or preemption is under way. */
  readonly idle: boolean
  /** The last decision about a pod: every node's verdict and score. */
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
  readonly #name: string
  readonly #cluster: ClusterState
  readonly #queue: SchedulingQueue
  readonly #decisions = new Map<Key, Decision>()
  readonly #budgets: Pick<Informer<PodDisruptionBudget>, "list">
  /** Pods whose victims are being ended, by uid. */
  readonly #preempting = new Set<string>()
  #binding = 0
  #rotation = 0

  constructor(options: SchedulerOptions) {
    const { client, platform, signal, plugins } = options
    this.#options = options
    this.#name = options.schedulerName ?? DEFAULT_SCHEDULER_NAME
    this.#queue = new SchedulingQueue(platform.clock, plugins)
    const informer = <R extends Parameters<typeof startInformer>[1]>(resource: R) =>
      startInformer(client, resource, { platform, signal })
    const nodes = informer(Node)
    const pods = informer(Pod)
    const namespaces = informer(Namespace)
    const workloads = {
      services: informer(Service),
      replicaSets: informer(ReplicaSet),
      controllers: informer(ReplicationController),
    }
    this.#cluster = new ClusterState((pod) => siblingsOf(pod, workloads))
    nodes.onChange((change) => this.#onNode(change))
    pods.onChange((change) => this.#onPod(change))
    namespaces.onChange(({ type, object: { metadata } }) =>
      this.#cluster.setNamespace(metadata.name, type === "deleted" ? undefined : (metadata.labels ?? {})),
    )
    const budgets = informer(PodDisruptionBudget)
    this.#budgets = budgets
    const others: readonly Pick<Informer<unknown>, "synced">[] = Object.values(workloads)
    this.ready = Promise.all([nodes, pods, namespaces, budgets, ...others].map(({ synced }) => synced)).then(
      () => undefined,
    )
    signal.addEventListener("abort", () => this.#queue.close(), { once: true })
    this.stopped = this.ready.then(() => this.#run())
  }

  get idle(): boolean {
    const { active, taken } = this.#queue.counts()
    return active + taken + this.#binding + this.#preempting.size === 0
  }

  decision(key: Key): Decision | undefined {
    return this.#decisions.get(key)
  }

  #onNode(change: Change<Node>): void {
    const { object: node } = change
    if (change.type === "deleted") {
      this.#cluster.removeNode(node.metadata.name)
      return
    }
    this.#cluster.setNode(node)
    this.#queue.notify(
      change.type === "added"
        ? { type: "node-added", node }
        : { type: "node-updated", node, previous: change.previous },
    )
  }

  #onPod(change: Change<Pod>): void {
    const { object: pod } = change
    const key = keyOf(pod)
    const ended = pod.status.phase === "Succeeded" || pod.status.phase === "Failed"
    if (change.type === "deleted" || ended) {
      this.#queue.remove(key)
      this.#cluster.removePod(key)
      const wasNominated = this.#cluster.nominations.remove(key) !== undefined
      if (change.type === "deleted") this.#decisions.delete(key)
      if (pod.spec.nodeName || wasNominated) this.#queue.notify({ type: "pod-deleted", pod })
      return
    }
    if (pod.spec.nodeName) {
      this.#queue.remove(key)
      this.#cluster.nominations.remove(key)
      this.#cluster.setPod(pod)
      if (change.type === "updated" && change.previous.spec.nodeName) {
        this.#queue.notify({ type: "pod-updated", pod, previous: change.previous })
      } else this.#queue.notify({ type: "pod-added", pod })
      return
    }
    // What was assumed is older than its binding: the API has not caught up.
    if (this.#cluster.isAssumed(key)) return
    const ours = pod.spec.schedulerName === this.#name && pod.metadata.deletionTimestamp === undefined
    if (ours) {
      this.#nominate(pod, change.type === "updated" ? change.previous : undefined)
      this.#queue.set(pod)
    } else {
      this.#queue.remove(key)
      if (this.#cluster.nominations.remove(key) !== undefined) this.#queue.notify({ type: "pod-deleted", pod })
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
      this.#cycle(waiting)
      if (cycles % CYCLES_AT_ONCE === 0) await clock.sleep(0)
    }
  }

  #cycle(waiting: Waiting): void {
    const { platform, plugins } = this.#options
    const { pod, key } = waiting
    const decision = schedule(pod, this.#cluster, plugins, platform.random, this.#rotation)
    this.#remember(key, decision)
    if (decision.type === "node") {
      this.#rotation += decision.evaluated
      this.#cluster.assume(pod, decision.nodeName)
      this.#leaveNomination(waiting, decision.nodeName)
      this.#binding++
      void this.#bind(waiting, decision.nodeName).finally(() => this.#binding--)
    } else {
      const { verdicts } = decision
      this.#queue.rejected(waiting, rejectingPlugins(verdicts))
      const message = unschedulableMessage(verdicts, this.#preempt(waiting, verdicts))
      void reportUnschedulable(this.#options, pod, message, this.#cluster.nominations.nodeOf(pod) ?? "")
    }
  }

  /** The room that was made for it elsewhere is free for others. */
  #leaveNomination({ pod, key }: Waiting, nodeName: string): void {
    const inView = this.#cluster.nominations.remove(key)
    if (inView !== undefined && inView !== nodeName) this.#queue.notify({ type: "pod-deleted", pod })
  }

  async #bind(waiting: Waiting, nodeName: string): Promise<void> {
    const { client, events, platform } = this.#options
    const { key, pod } = waiting
    const { name, namespace, uid } = pod.metadata
    try {
      await client.raw.post(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace, uid },
        target: { kind: "Node", name: nodeName },
      })
      events.record(pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${nodeName}`)
    } catch (error) {
      this.#cluster.removePod(key)
      // Deleted, or bound by somebody else: the informer tells which.
      if (isNotFound(error) || isConflict(error)) this.#queue.remove(key)
      else {
        platform.log.warn("pod was not bound and will be tried again", { pod: key, node: nodeName, error })
        this.#cluster.nominations.set(waiting.pod, waiting.pod.status.nominatedNodeName ?? "")
        this.#queue.retry(waiting)
      }
    }
  }

  /** Makes room on a node by ending less important pods, if that helps. Returns what there is to say about it. */
  #preempt({ pod, key }: Waiting, verdicts: Verdicts): string {
    const { plugins, platform } = this.#options
    const { nominations } = this.#cluster
    if (verdicts.nodeCount === 0) {
      nominations.remove(key)
      return ""
    }
    // Those that it chose are being ended. It must not choose more meanwhile.
    if (this.#preempting.has(pod.metadata.uid)) return ""
    const preemption = decidePreemption(pod, this.#cluster, plugins, verdicts, this.#budgets.list(), platform.random)
    if (preemption.type === "preempt") {
      void this.#evict(pod, key, preemption.candidate)
      return ""
    }
    if (preemption.type === "in-vain") nominations.remove(key)
    return preemption.message
  }

  async #evict(pod: Pod, key: Key, candidate: Candidate): Promise<void> {
    const { nominations } = this.#cluster
    const { nodeName } = candidate
    // The room is not theirs any more: they should look elsewhere at once.
    const displaced = nominations.on(nodeName).filter((other) => priorityOf(other) < priorityOf(pod))
    for (const other of displaced) nominations.remove(keyOf(other))
    nominations.set(pod, nodeName)
    this.#preempting.add(pod.metadata.uid)
    try {
      await Promise.all(displaced.map((other) => forgetNomination(this.#options, other)))
      await evictVictims(this.#options, pod, candidate)
    } catch (error) {
      this.#options.platform.log.warn("pods were not preempted and this will be tried again", { pod: key, error })
      this.#queue.wake(key)
    } finally {
      this.#preempting.delete(pod.metadata.uid)
      for (const other of displaced) this.#queue.wake(keyOf(other))
    }
  }

  #remember(key: Key, decision: Decision): void {
    this.#decisions.delete(key)
    this.#decisions.set(key, decision)
    if (this.#decisions.size <= DECISIONS_MAX) return
    const [oldest] = this.#decisions.keys()
    if (oldest !== undefined) this.#decisions.delete(oldest)
  }
}

function rejectingPlugins({ whole, byNode }: Verdicts): ReadonlySet<string> {
  // Without any node, everything waits for the first one; every plugin that filters is woken by it.
  if (whole === undefined && byNode.size === 0) return new Set(["NodeName", "NodeResourcesFit"])
  return new Set(whole === undefined ? [...byNode.values()].map(({ plugin }) => plugin) : [whole.plugin])
}
