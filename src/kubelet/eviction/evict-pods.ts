import type { Pod } from "../../api/core/v1/pod.ts"
import type { EventOptions } from "../../client/event-recorder.ts"
import { isCritical } from "../admission/critical.ts"
import type { Environment } from "../environment.ts"
import { removeDeadContainers } from "../garbage/collect-garbage.ts"
import type { ImageCollector } from "../garbage/collect-images.ts"
import { terminationGraceMs } from "../pod/grace.ts"
import type { Pods } from "../pods.ts"
import { exceededLimit, hasLocalLimits } from "./local-limits.ts"
import { measure } from "./measure.ts"
import { evictionMessage } from "./message.ts"
import type { NodePressure, PressureNow } from "./node-pressure.ts"
import type { Threshold } from "./pressure.ts"
import { type Candidate, rank } from "./rank.ts"
import { meanings, type Signal } from "./thresholds.ts"

/** As the kubelet's. */
const lookEveryMs = 10_000
const cleanUpWaitMs = 30_000
const cleanUpLookMs = 1000
/** There is no time for more when the node runs out of something. */
const hardGraceMs = 1000
/** What a pod has written is looked at so seldom that looking takes at most one hundredth of the time. */
const rests = 100
const restLongestMs = 60_000

export interface EvictionOptions {
  readonly environment: Environment
  readonly pods: Pods
  readonly pressure: NodePressure
  readonly images: ImageCollector
  /** Images have a file system of their own. */
  readonly dedicatedImageFs: boolean
  readonly nodeName: string
  /** How long pods may take to end when only a soft threshold is met. */
  readonly podGraceMaxMs: number
  /** The node lacks something else than before. */
  readonly onChange: () => void
  /** Resolves when the kubelet knows which pods there are. */
  readonly adopted: Promise<void>
  readonly signal: AbortSignal
}

/** Resolves after `signal` has aborted. Ends pods that take more local disk than they may, and others when the node runs out of something. */
export async function evictPods(options: EvictionOptions): Promise<void> {
  const { environment, pods, pressure, signal } = options
  const { clock, log } = environment.platform
  /** When a pod's use of disk is to be measured again, by uid. */
  const restsUntilMs = new Map<string, number>()

  /** False for pods that the node needs. */
  const evict = (
    pod: Pod,
    cause: string,
    message: string,
    more: EventOptions & { disruption?: true; graceMs?: number } = {},
  ): boolean => {
    if (isCritical(pod)) return false
    const { disruption, graceMs = hardGraceMs, ...eventOptions } = more
    environment.events.record(pod, "Warning", "Evicted", message, eventOptions)
    environment.counters.add("kubelet_evictions", { eviction_signal: cause })
    const verdict = { phase: "Failed", reason: "Evicted", message, ...(disruption && { disruption }) } as const
    pods.evict(pod.metadata.uid, verdict, graceMs)
    return true
  }

  const measured = (pod: Pod) =>
    measure(environment, pod).catch((error: unknown) => {
      // Its sandbox may have gone meanwhile.
      log.info("what a pod takes was not measured", { pod: pod.metadata.name, error })
      return undefined
    })

  const keepLimits = async (): Promise<Pod[]> => {
    const evicted: Pod[] = []
    for (const pod of pods.running().filter(hasLocalLimits)) {
      const { uid } = pod.metadata
      const beganMs = clock.monotonicMs()
      if (beganMs < (restsUntilMs.get(uid) ?? 0)) continue
      const usage = await measured(pod)
      const nowMs = clock.monotonicMs()
      restsUntilMs.set(uid, nowMs + Math.min((nowMs - beganMs) * rests, restLongestMs))
      const excess = usage && exceededLimit(pod, usage)
      if (excess !== undefined && evict(pod, excess.signal, excess.message)) evicted.push(pod)
    }
    for (const uid of restsUntilMs.keys()) if (pods.isOver(uid)) restsUntilMs.delete(uid)
    return evicted
  }

  const reclaim = async (signal: Signal): Promise<boolean> => {
    if (meanings[signal].condition !== "DiskPressure") return false
    const ofImages = signal.startsWith("imagefs")
    if (!options.dedicatedImageFs || !ofImages) await removeDeadContainers(environment, pods, { ended: true })
    if (!options.dedicatedImageFs || ofImages) await options.images.removeUnused()
    return pressure.look().met.length === 0
  }

  /** Below a soft threshold there is as much time as was allowed, and no more than a pod wants. */
  const graceOf = (pod: Pod, { isSoft }: Threshold): number =>
    isSoft ? Math.min(options.podGraceMaxMs, terminationGraceMs(pod)) : hardGraceMs

  const relieve = async ({ observations }: PressureNow, first: Threshold): Promise<Pod[]> => {
    const { signal: starved } = first
    const { resource } = meanings[starved]
    const { nodeName } = options
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, uid: nodeName } }
    environment.events.record(node, "Warning", "EvictionThresholdMet", `Attempting to reclaim ${resource}`)
    if (await reclaim(starved)) return []
    const candidates = await Promise.all(
      pods.running().map(async (pod): Promise<Candidate> => ({ pod, usage: await measured(pod) })),
    )
    for (const { pod, usage } of rank(candidates, starved)) {
      const { annotations, message } = evictionMessage(pod, usage, { first, observations })
      const graceMs = graceOf(pod, first)
      // One at a time: it may be enough.
      if (evict(pod, starved, message, { annotations, disruption: true, graceMs })) return [pod]
    }
    return []
  }

  const look = async (): Promise<Pod[]> => {
    const before = pressure.conditions()
    const now = pressure.look()
    if (before.symmetricDifference(pressure.conditions()).size > 0) options.onChange()
    const evicted = await keepLimits()
    const [first] = now.met
    return evicted.length > 0 || first === undefined ? evicted : relieve(now, first)
  }

  /** Until what the pods held is free again, or for as long as makes sense. */
  const cleanedUp = async (evicted: readonly Pod[]): Promise<void> => {
    const untilMs = clock.monotonicMs() + cleanUpWaitMs
    const left = () => evicted.some(({ metadata }) => !pods.isOver(metadata.uid))
    while (left() && clock.monotonicMs() < untilMs && !signal.aborted) {
      await clock.sleep(cleanUpLookMs, signal).catch(() => undefined)
    }
  }

  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()))
  await Promise.race([options.adopted, stopped])
  while (!signal.aborted) {
    const evicted = await look().catch((error: unknown) => {
      log.warn("the node's resources were not looked at", { error })
      return []
    })
    if (evicted.length > 0) await cleanedUp(evicted)
    else await clock.sleep(lookEveryMs, signal).catch(() => undefined)
  }
}
