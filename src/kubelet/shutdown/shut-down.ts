import type { EventRecorder } from "../../client/event-recorder.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Rejection } from "../admission/admit.ts"
import { terminationGraceMs } from "../pod/grace.ts"
import type { Pods } from "../pods.ts"
import type { Verdict } from "../status/pod-status.ts"
import type { StatusWriter } from "../status/status-writer.ts"
import { type ShutdownGroup, type ShutdownPeriod, shutdownGroups } from "./groups.ts"

/** Why a pod ended, by which an agent that comes back tells its static pods from those that failed. */
export const shutdownReason = "Terminated"
const message = "Pod was terminated in response to imminent node shutdown."
const verdict: Verdict = { phase: "Failed", reason: shutdownReason, message, disruption: true }

const lookEveryMs = 100
/** For what is under way to the API server when the last pod has ended. */
const writeLongestMs = 3000

export interface NodeShutdown {
  /** What keeps the node from running pods. */
  problems(): readonly string[]
  /** Why it takes none. */
  refusal(): Rejection | undefined
  /** Ends the pods, group by group. Resolves when all have ended, or their time is over; also for who asks meanwhile. */
  begin(): Promise<void>
  /** The machine goes on: the node takes pods again. */
  cancel(): void
}

export function createNodeShutdown(options: {
  readonly periods: readonly ShutdownPeriod[]
  readonly pods: Pick<Pods, "running" | "evict" | "isOver">
  readonly statuses: () => Pick<StatusWriter, "written">
  readonly events: Pick<EventRecorder, "record">
  readonly platform: Pick<Platform, "clock" | "log">
  readonly nodeName: string
  /** The node's status has changed. */
  readonly onChange: () => void
}): NodeShutdown {
  const { events, nodeName, periods, platform, pods } = options
  const { clock } = platform
  let underWay: Promise<void> | undefined
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, uid: nodeName } }

  const end = async ({ pods: members, seconds }: ShutdownGroup): Promise<void> => {
    const untilMs = clock.monotonicMs() + seconds * 1000
    for (const pod of members) pods.evict(pod.metadata.uid, verdict, Math.min(seconds * 1000, terminationGraceMs(pod)))
    const left = () => members.some(({ metadata }) => !pods.isOver(metadata.uid))
    while (left() && clock.monotonicMs() < untilMs) await clock.sleep(lookEveryMs)
  }
  const endAll = async (): Promise<void> => {
    events.record(node, "Normal", "NodeShutdown", "Shutdown manager detected shutdown event")
    const running = pods.running()
    // Whoever asks why the node takes no pods is to be told so already.
    await Promise.resolve()
    options.onChange()
    for (const group of shutdownGroups(periods, running)) await end(group)
    const written = Promise.all(running.map(({ metadata }) => options.statuses().written(metadata.uid)))
    await Promise.race([written, clock.sleep(writeLongestMs)])
  }
  return {
    problems: () => (underWay ? ["node is shutting down"] : []),
    refusal: () =>
      underWay ? { reason: "NodeShutdown", message: "Pod was rejected as the node is shutting down." } : undefined,
    begin() {
      if (periods.length === 0) return Promise.resolve()
      underWay ??= endAll()
      return underWay
    },
    cancel() {
      if (underWay === undefined) return
      underWay = undefined
      events.record(node, "Normal", "NodeShutdown", "Shutdown manager detected shutdown cancellation")
      options.onChange()
    },
  }
}
