import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodCondition } from "../../api/core/v1/pod-status.ts"
import type { Rejection } from "../admission/admit.ts"
import { timeOfMs } from "../status/times.ts"
import { type Allocation, allocationOf, differs, reportedAllocation, withAllocation } from "./allocation.ts"

/** An event that a resize gives rise to. */
export interface ResizeEvent {
  readonly type: "Normal" | "Warning"
  readonly reason: string
  readonly message: string
}

/**
 * Follows the changes of one pod's requests and limits.
 *
 * ```
 *   spec changed ─▶ room on the node? ──yes─▶ in progress ─▶ applied to all containers ─▶ completed
 *                     │        ▲                   └─ error, tried again
 *                     └─no─▶ pending (Deferred), asked again when others go or shrink; or Infeasible, for good
 * ```
 * https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
export class Resizing {
  #allocation: Allocation
  #pending: PodCondition | undefined
  #progress: PodCondition | undefined

  constructor(pod: Pod) {
    this.#allocation = reportedAllocation(pod)
    this.#pending = pod.status?.conditions?.find(({ type }) => type === "PodResizePending")
    this.#progress = pod.status?.conditions?.find(({ type }) => type === "PodResizeInProgress")
  }

  /** Newer than its conditions elsewhere. */
  get conditions(): readonly PodCondition[] {
    return [this.#pending, this.#progress].filter((condition) => condition !== undefined)
  }

  get isPending(): boolean {
    return this.#pending !== undefined
  }

  /** The pod as the node runs it. */
  allocated(pod: Pod): Pod {
    return withAllocation(pod, this.#allocation)
  }

  /** Takes a changed spec up if the node has room for it. */
  consider(pod: Pod, admit: () => Rejection | undefined, nowMs: number): ResizeEvent[] {
    if (!differs(pod, this.#allocation)) {
      this.#pending = undefined
      return []
    }
    const rejection = admit()
    const { generation } = pod.metadata
    if (rejection === undefined) {
      this.#allocation = allocationOf(pod)
      this.#pending = undefined
      this.#progress = condition("PodResizeInProgress", {}, generation, undefined, nowMs)
      return [{ type: "Normal", reason: "ResizeStarted", message: `Pod resize started: ${summary(pod)}` }]
    }
    const before = this.#pending
    const { message } = rejection
    const reason = rejection.reason === "Infeasible" ? "Infeasible" : "Deferred"
    this.#pending = condition("PodResizePending", { reason, message }, generation, before, nowMs)
    if (before?.reason === reason && before.observedGeneration === generation) return []
    const text = `Pod resize ${reason}: ${summary(pod, { error: message })}`
    return [{ type: "Warning", reason: `Resize${reason}`, message: text }]
  }

  /** What has become of the resize under way. `pod` as the node runs it; `left`: some container has not changed yet. */
  follow(pod: Pod, left: boolean, error: string | undefined, nowMs: number): ResizeEvent[] {
    const before = this.#progress
    const generation = before?.observedGeneration ?? pod.metadata.generation
    if (!left) {
      this.#progress = undefined
      if (before === undefined) return []
      const message = `Pod resize completed: ${summary(pod, { generation })}`
      return [{ type: "Normal", reason: "ResizeCompleted", message }]
    }
    const verdict = error === undefined ? verdictOf(before) : { reason: "Error", message: error }
    this.#progress = condition("PodResizeInProgress", verdict, generation, before, nowMs)
    if (error === undefined || (before?.reason === "Error" && before.message === error)) return []
    const message = `Pod resize error: ${summary(pod, { generation, error })}`
    return [{ type: "Warning", reason: "ResizeError", message }]
  }
}

type ResizeVerdict = Pick<PodCondition, "reason" | "message">

function verdictOf(condition: PodCondition | undefined): ResizeVerdict {
  const { message, reason } = condition ?? {}
  return { ...(reason && { reason }), ...(message && { message }) }
}

function condition(
  type: "PodResizePending" | "PodResizeInProgress",
  verdict: ResizeVerdict,
  observedGeneration: number | undefined,
  before: PodCondition | undefined,
  nowMs: number,
): PodCondition {
  const now = timeOfMs(nowMs)
  const same = before !== undefined && before.reason === verdict.reason
  return {
    type,
    ...(observedGeneration ? { observedGeneration } : {}),
    status: "True",
    // When it was looked at, which is worth a write of the status only when something is different.
    lastProbeTime: same ? before.lastProbeTime : now,
    lastTransitionTime: same ? before.lastTransitionTime : now,
    ...verdict,
  }
}

/** The requests and limits that a resize is about, for programs that read events. */
function summary(
  { metadata, spec }: Pod,
  {
    error,
    generation = metadata.generation,
  }: { readonly generation?: number | undefined; readonly error?: string } = {},
): string {
  const of = (containers: Pod["spec"]["containers"] | undefined) =>
    containers?.map(({ name, resources }) => ({ name, resources: ordered(resources) }))
  const initContainers = of(spec.initContainers)
  return JSON.stringify({
    ...(initContainers?.length ? { initContainers } : {}),
    containers: of(spec.containers),
    generation: generation ?? 0,
    ...(error && { error }),
  })
}

/** Limits before requests, and names in order, as Kubernetes writes them. */
function ordered(resources: Pod["spec"]["containers"][number]["resources"]) {
  const sorted = (list: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(list).sort())
  const { limits, requests } = resources ?? {}
  return { ...(limits && { limits: sorted(limits) }), ...(requests && { requests: sorted(requests) }) }
}
