import type { Probe } from "../../api/core/v1/handlers.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import type { Timer } from "../../platform/clock.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerId, ContainerRuntime } from "../../runtime/runtime.ts"
import type { PodContainer } from "../pod/containers.ts"
import type { ProbeFacts } from "../pod/facts.ts"
import { createProbeCounts, type ProbeCount } from "./counts.ts"
import { runProbe } from "./run-probe.ts"
import { afterOutcome, initialState, type ProbeState, type ProbeType } from "./threshold.ts"

/** A container that runs and is to be probed. */
export interface Probed {
  readonly container: PodContainer
  readonly id: ContainerId
  readonly startedAtMs: number
  readonly podIp: string
  /** What was reported before this agent began, so that a restart of the agent changes nothing. */
  readonly before: { readonly ready: boolean; readonly started: boolean } | undefined
}

/** Probes the containers of the node. */
export interface Prober {
  /** From now on exactly these containers of the pod are probed; while the pod ends, for their readiness only. */
  track(pod: Pod, running: readonly Probed[], ending: boolean): void
  /** By container id. Containers that are not tracked are missing. */
  facts(podUid: string): ReadonlyMap<ContainerId, ProbeFacts>
  /** Of the pods that are there. */
  counts(): readonly ProbeCount[]
  forget(podUid: string): void
}

const types: readonly ProbeType[] = ["startup", "readiness", "liveness"]
const titles: Record<ProbeType, string> = { startup: "Startup", readiness: "Readiness", liveness: "Liveness" }
const periodDefaultSeconds = 10
/** The first probe of a container comes at a random moment within this time, so that not all probe at once. */
const firstWithinMs = 500

interface Tracked {
  pod: Pod
  readonly probed: Probed
  readonly states: Map<ProbeType, ProbeState>
  readonly timers: Map<ProbeType, Timer>
  readonly ended: Set<ProbeType>
  stopped: boolean
}

export function createProber(options: {
  readonly platform: Pick<Platform, "clock" | "random">
  readonly runtime: Pick<ContainerRuntime, "execSync">
  readonly events: Pick<EventRecorder, "record">
  readonly onChange: (podUid: string) => void
  readonly signal: AbortSignal
}): Prober {
  const { events, onChange, platform, runtime, signal } = options
  const { clock } = platform
  const pods = new Map<string, Map<ContainerId, Tracked>>()
  const counts = createProbeCounts()

  const specOf = (
    {
      probed: {
        container: { spec },
      },
    }: Tracked,
    type: ProbeType,
  ): Probe | undefined =>
    ({ startup: spec.startupProbe, readiness: spec.readinessProbe, liveness: spec.livenessProbe })[type]

  const begin = (pod: Pod, probed: Probed): Tracked => {
    const tracked: Tracked = { pod, probed, states: new Map(), timers: new Map(), ended: new Set(), stopped: false }
    for (const type of types) {
      if (specOf(tracked, type) === undefined) continue
      const state = initialState(type)
      const { before } = probed
      const known = type === "readiness" ? before?.ready : type === "startup" ? before?.started : undefined
      tracked.states.set(type, known ? { ...state, result: "success", over: type === "startup" } : state)
    }
    // Readiness and liveness wait for startup.
    if (tracked.states.has("startup") && !tracked.states.get("startup")?.over) schedule(tracked, "startup")
    else scheduleOthers(tracked)
    return tracked
  }
  const scheduleOthers = (tracked: Tracked) => {
    for (const type of ["readiness", "liveness"] as const) schedule(tracked, type)
  }
  const schedule = (tracked: Tracked, type: ProbeType) => {
    const spec = specOf(tracked, type)
    if (spec === undefined || tracked.stopped || tracked.ended.has(type)) return
    // The start is dated by a clock that may have been set back since.
    const ranMs = Math.max(0, clock.nowMs() - tracked.probed.startedAtMs)
    const initialMs = (spec.initialDelaySeconds ?? 0) * 1000 - ranMs
    const delayMs = Math.max(initialMs, platform.random.int(firstWithinMs))
    tracked.timers.set(
      type,
      clock.after(delayMs, () => void probe(tracked, type, spec)),
    )
  }

  const probe = async (tracked: Tracked, type: ProbeType, spec: Probe): Promise<void> => {
    const { container, id, podIp } = tracked.probed
    const beganMs = clock.monotonicMs()
    const { outcome, output } = await runProbe({ runtime, clock }, spec, { container: container.spec, id, podIp })
    if (tracked.stopped || tracked.ended.has(type) || signal.aborted) return
    counts.add(tracked.pod, container.spec.name, type, outcome)
    const say = (reason: string, message: string) =>
      events.record(tracked.pod, "Warning", reason, message, { fieldPath: container.fieldPath })
    if (outcome === "error") say("Unhealthy", `${titles[type]} probe errored and resulted in unknown state: ${output}`)
    if (outcome === "failure") say("Unhealthy", `${titles[type]} probe failed: ${output}`)
    if (outcome === "warning") say("ProbeWarning", `${titles[type]} probe warning: ${output}`)
    const before = tracked.states.get(type) ?? initialState(type)
    const after = outcome === "error" ? before : afterOutcome(type, spec, before, outcome !== "failure")
    tracked.states.set(type, after)
    if (!after.over) {
      const periodMs = (spec.periodSeconds ?? periodDefaultSeconds) * 1000
      const delayMs = Math.max(0, periodMs - (clock.monotonicMs() - beganMs))
      tracked.timers.set(
        type,
        clock.after(delayMs, () => void probe(tracked, type, spec)),
      )
    } else if (type === "startup" && after.result === "success") {
      scheduleOthers(tracked)
    }
    if (after.result !== before.result) onChange(tracked.pod.metadata.uid)
  }

  const stop = (tracked: Tracked) => {
    tracked.stopped = true
    for (const timer of tracked.timers.values()) timer.cancel()
  }
  const endLiveness = (tracked: Tracked) => {
    for (const type of ["startup", "liveness"] as const) {
      tracked.timers.get(type)?.cancel()
      tracked.ended.add(type)
    }
  }
  signal.addEventListener("abort", () => {
    for (const pod of pods.values()) for (const tracked of pod.values()) stop(tracked)
  })

  return {
    counts: counts.list,
    forget: counts.forget,
    track(pod, running, ending) {
      const { uid } = pod.metadata
      const before = pods.get(uid) ?? new Map<ContainerId, Tracked>()
      const after = new Map<ContainerId, Tracked>()
      for (const probed of running) {
        const tracked = before.get(probed.id) ?? begin(pod, probed)
        tracked.pod = pod
        if (ending) endLiveness(tracked)
        after.set(probed.id, tracked)
      }
      for (const [id, tracked] of before) if (!after.has(id)) stop(tracked)
      if (after.size === 0) pods.delete(uid)
      else pods.set(uid, after)
    },
    facts(uid) {
      const facts = [...(pods.get(uid) ?? [])].map(([id, { states }]): [ContainerId, ProbeFacts] => {
        const result = (type: ProbeType) => states.get(type)?.result ?? "success"
        return [id, { startup: result("startup"), readiness: result("readiness"), liveness: result("liveness") }]
      })
      return new Map(facts)
    },
  }
}
