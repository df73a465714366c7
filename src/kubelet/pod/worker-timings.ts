import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodStatus } from "../../api/core/v1/pod-status.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Timings } from "../timings.ts"
import type { Stage } from "./stage.ts"

/** Measures one pod worker: how long it works at a time, and how long its pod took to start. */
export class WorkerTimings {
  readonly #clock: Platform["clock"]
  readonly #timings: Pick<Timings, "observe">
  readonly #seenMs: number
  /** The pod is new to its node: when others started is not known here. */
  #isStarting: boolean
  #began = false
  #isUpdated = false
  #work: { readonly sinceMs: number; readonly type: string } | undefined
  #pulls = 0
  #pullingSinceMs = 0
  #pulledMs = 0

  constructor(clock: Platform["clock"], timings: Pick<Timings, "observe">, pod: Pod) {
    this.#clock = clock
    this.#timings = timings
    this.#seenMs = clock.monotonicMs()
    this.#isStarting = pod.status?.startTime === undefined
  }

  /** The pod is another than before. */
  updated(): void {
    this.#isUpdated = this.#began
  }

  /** The worker looks at its pod; what it does until `rest` belongs together. */
  work(pod: Pod, stage: Stage): void {
    if (this.#work !== undefined) return
    const sinceMs = this.#clock.monotonicMs()
    this.#work = { sinceMs, type: this.#typeOf(stage) }
    this.#isUpdated = false
    if (this.#began) return
    this.#began = true
    this.#timings.observe("kubelet_pod_worker_start_duration_seconds", this.#since(this.#seenMs))
    this.#timings.observe("kubelet_containers_per_pod_count", pod.spec.containers.length)
  }

  /** Nothing is under way any more. */
  rest(): void {
    if (this.#work === undefined) return
    const { sinceMs, type } = this.#work
    this.#work = undefined
    this.#timings.observe("kubelet_pod_worker_duration_seconds", this.#since(sinceMs), { operation_type: type })
  }

  /** An image is looked for, and pulled when it is not here. Call what is returned when that is over. */
  pulls(): () => void {
    if (this.#pulls++ === 0) this.#pullingSinceMs = this.#clock.monotonicMs()
    return () => {
      if (--this.#pulls === 0) this.#pulledMs += this.#clock.monotonicMs() - this.#pullingSinceMs
    }
  }

  /** The pod has got another status. */
  reported({ metadata, spec }: Pod, before: PodStatus, now: PodStatus): void {
    if (!this.#isStarting) return
    if (now.phase === "Running" && before.phase !== "Running") {
      this.#timings.observe("kubelet_pod_start_duration_seconds", this.#since(this.#seenMs))
    }
    const statuses = now.containerStatuses ?? []
    if (statuses.length === 0 || !statuses.every(({ state }) => state?.running?.startedAt)) return
    this.#isStarting = false
    const seconds = Math.max(0, this.#clock.nowMs() - Date.parse(metadata.creationTimestamp ?? "")) / 1000
    // Static pods are not created in the API.
    if (!Number.isFinite(seconds)) return
    this.#timings.observe("kubelet_pod_start_total_duration_seconds", seconds)
    const others = this.#pulledMs / 1000 + initSeconds(now)
    if (!isStateful(spec))
      this.#timings.observe("kubelet_pod_start_sli_duration_seconds", Math.max(0, seconds - others))
  }

  #typeOf({ name }: Stage): string {
    if (name === "ending") return "kill"
    if (name !== "running") return "terminated"
    if (!this.#began) return "create"
    return this.#isUpdated ? "update" : "sync"
  }

  #since = (ms: number): number => (this.#clock.monotonicMs() - ms) / 1000
}

function initSeconds({ initContainerStatuses = [] }: PodStatus): number {
  const ms = initContainerStatuses.map(({ state }) => {
    const { finishedAt = "", startedAt = "" } = state?.terminated ?? {}
    return Date.parse(finishedAt) - Date.parse(startedAt) || 0
  })
  return ms.reduce((sum, each) => sum + each, 0) / 1000
}

/** It waits for storage: the time that it takes to start says little about the node. */
function isStateful({ volumes = [] }: Pod["spec"]): boolean {
  return volumes.some((each) => !(each.secret ?? each.configMap ?? each.downwardAPI ?? each.emptyDir ?? each.projected))
}
