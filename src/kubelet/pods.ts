import { isMirrorPod } from "../api/core/v1/mirror-pod.ts"
import type { Pod } from "../api/core/v1/pod.ts"
import { type Change, keyOf } from "../client/informer.ts"
import type { AdmissionFacts, Rejection } from "./admission/admit.ts"
import { preempted } from "./admission/preemption.ts"
import { terminationGraceMs } from "./pod/grace.ts"
import { PodWorker } from "./pod/worker.ts"
import type { WorkerEnvironment } from "./pod/worker-environment.ts"
import { qosClass } from "./resources/pod-resources.ts"
import { isStaticPod, withTrueSource } from "./static-pods/static-pod.ts"
import type { Verdict } from "./status/pod-status.ts"

/** One worker per pod of the node. */
export interface Pods {
  /** A pod as the API has it. */
  apply(pod: Pod): void
  /** The pod is gone from the API. */
  remove(podUid: string): void
  /** Something happened to a pod's containers or probes. */
  poke(podUid: string): void
  list(): readonly Pod[]
  get(podUid: string): Pod | undefined
  has(podUid: string): boolean
  /** The pods that run, or are to: those that have not begun to end. */
  running(): readonly Pod[]
  /** Nothing of the pod runs or will run; also when it is unknown here. */
  isOver(podUid: string): boolean
  /** Ends a pod for a reason of the node's. */
  evict(podUid: string, verdict: Verdict, graceMs: number): void
  /** Uids of pods that hold, or may hold, something on the node. */
  uids(): ReadonlySet<string>
  onChange(change: Change<Pod>): void
}

export interface PodsOptions {
  readonly environment: () => WorkerEnvironment
  readonly signal: AbortSignal
  /** Whether the node takes a pod that it does not run yet, given the others. */
  readonly admit: (pod: Pod, others: readonly Pod[], preempt?: AdmissionFacts["preempt"]) => Rejection | undefined
  /**
   * Makes ready what an admitted pod was given, where others are to be asked for that: resolves to why it cannot run.
   * Undefined when it can begin at once.
   */
  readonly settle?: (pod: Pod) => Promise<Rejection | undefined> | undefined
  /** Why a changed pod, of which the node runs `allocated`, can never run so. */
  readonly refusedResize?: (pod: Pod, allocated: Pod) => Rejection | undefined
  /** Nothing of the pod runs any more. */
  readonly onOver?: (podUid: string) => void
  readonly onStatus: (pod: Pod) => void
  readonly onGone: (podUid: string) => void
  /** What happened to a mirror pod: it runs nothing itself. */
  readonly onMirror: (change: Change<Pod>) => void
}

export function createPods(options: PodsOptions): Pods {
  const workers = new Map<string, PodWorker>()
  /** Ended for good here, and still in the API because of a finalizer. */
  const finished = new Set<string>()
  /** Gone from the API, or from their manifests, while something of them is left here. */
  const orphans = new Set<string>()
  /** Static pods whose predecessors of the same name have not gone yet. */
  const successors = new Map<string, Pod>()

  /** As Kubernetes counts them: the place of a pod that was deleted by force is free, though it may still be ending. */
  const othersOf = (uid: string): Pod[] =>
    [...workers]
      .filter(([each, { over }]) => each !== uid && !over && !orphans.has(each))
      .map(([, worker]) => worker.pod)
  /** Resizes that wait for room, the most important first. */
  const considerResizes = (): void => {
    const waiting = [...workers.values()].filter(({ resizeIsPending }) => resizeIsPending)
    for (const worker of inOrder(waiting)) worker.considerResize()
  }
  const preempt = (victims: readonly Pod[], resource: string): void => {
    const { counters, events } = options.environment()
    for (const victim of victims) {
      events.record(victim, "Warning", preempted.reason, preempted.message)
      counters.add("kubelet_preemptions", { preemption_signal: resource })
      pods.evict(victim.metadata.uid, preempted, terminationGraceMs(victim))
    }
  }
  const start = (pod: Pod): void => {
    const environment = options.environment()
    const { uid } = pod.metadata
    const others = othersOf(uid)
    const known = pod.status?.startTime !== undefined || environment.view.of(uid).sandboxes.length > 0
    const leaving = pod.metadata.deletionTimestamp !== undefined
    const reject = (rejection: Rejection): Verdict => {
      environment.events.record(pod, "Warning", rejection.reason, rejection.message)
      environment.counters.add("kubelet_admission_rejections_total", { reason: rejection.reason })
      return rejected(rejection)
    }
    const refusal = known || leaving ? undefined : options.admit(pod, others, preempt)
    const verdict = refusal && reject(refusal)
    const settling = verdict === undefined && !leaving ? options.settle?.(pod) : undefined
    const settled = settling?.then((refused) => refused && reject(refused))
    const worker = new PodWorker({
      environment,
      pod,
      signal: options.signal,
      reject,
      admitResize: (changed, allocated) =>
        options.refusedResize?.(changed, allocated) ?? options.admit(changed, othersOf(uid)),
      onRoom() {
        if (worker.over) options.onOver?.(uid)
        considerResizes()
      },
      onStatus: options.onStatus,
      onGone(goneUid) {
        workers.delete(goneUid)
        if (!orphans.delete(goneUid)) finished.add(goneUid)
        environment.statuses.forget(goneUid)
        environment.objects.release(goneUid)
        environment.prober.track(pod, [], true)
        environment.prober.forget(goneUid)
        options.onGone(goneUid)
        startSuccessor(keyOf(pod))
      },
      ...(verdict && { verdict }),
      ...(settled && { settled }),
    })
    workers.set(uid, worker)
  }
  const startSuccessor = (key: string): void => {
    const pod = successors.get(key)
    successors.delete(key)
    if (pod !== undefined) pods.apply(pod)
  }
  /** Two static pods of one name would share one mirror pod, and mostly ports as well. */
  const hasPredecessor = (pod: Pod): boolean =>
    [...workers.values()].some((worker) => {
      const isSame = worker.pod.metadata.uid === pod.metadata.uid
      return keyOf(worker.pod) === keyOf(pod) && isStaticPod(worker.pod) && (!isSame || orphans.has(pod.metadata.uid))
    })
  const pods: Pods = {
    apply(pod) {
      const { uid } = pod.metadata
      if (finished.has(uid)) return
      if (isStaticPod(pod) && hasPredecessor(pod)) return void successors.set(keyOf(pod), pod)
      const worker = workers.get(uid)
      if (worker === undefined) return start(pod)
      options.environment().statuses.seen(pod)
      worker.update(pod)
    },
    remove(uid) {
      finished.delete(uid)
      for (const [key, { metadata }] of successors) if (metadata.uid === uid) successors.delete(key)
      const worker = workers.get(uid)
      if (worker === undefined) return
      orphans.add(uid)
      worker.orphan()
    },
    poke: (uid) => workers.get(uid)?.poke(),
    list: () => [...workers.values()].map((worker) => worker.pod),
    running: () => [...workers.values()].filter(({ runs }) => runs).map((worker) => worker.pod),
    isOver: (uid) => workers.get(uid)?.over ?? true,
    evict: (uid, verdict, graceMs) => workers.get(uid)?.evict(verdict, graceMs),
    get: (uid) => workers.get(uid)?.pod,
    has: (uid) => workers.has(uid),
    uids: () => new Set(workers.keys()),
    onChange(change) {
      // Whatever one pod does, the others go on.
      try {
        handle(change)
      } catch (error) {
        const { name, namespace } = change.object.metadata
        options.environment().platform.log.error("a pod could not be taken", { pod: `${namespace}/${name}`, error })
      }
    },
  }
  const handle = (change: Change<Pod>): void => {
    if (isMirrorPod(change.object)) options.onMirror(change)
    else if (change.type === "deleted") pods.remove(change.object.metadata.uid)
    else pods.apply(withTrueSource(change.object))
  }
  return pods
}

/** By priority, then those with guaranteed resources, then who waits longest. */
function inOrder(workers: readonly PodWorker[]): PodWorker[] {
  const sinceOf = ({ pod }: PodWorker) =>
    pod.status.conditions?.find(({ type }) => type === "PodResizePending")?.lastTransitionTime ?? ""
  const isGuaranteed = ({ pod }: PodWorker) => Number(qosClass(pod) === "Guaranteed")
  return workers.toSorted(
    (a, b) =>
      (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0) ||
      isGuaranteed(b) - isGuaranteed(a) ||
      sinceOf(a).localeCompare(sinceOf(b)),
  )
}

/** How a rejected pod is reported. */
function rejected({ message, reason }: Rejection): Verdict {
  return { phase: "Failed", reason, message: `Pod was rejected: ${message}` }
}
