import type { Pod } from "../../api/core/v1/pod.ts"
import type { PodCondition } from "../../api/core/v1/pod-status.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Rejection } from "../admission/admit.ts"
import type { PodFacts } from "./facts.ts"
import { resizeLeft } from "./resize.ts"
import { type ResizeEvent, Resizing } from "./resizing.ts"

/** As the kubelet's: even when nothing seems to have changed, there may be room by now. */
const askAgainMs = 3 * 60_000

/** Carries out for one pod what `Resizing` decides: asks for room, and records events. */
export class ResizeFollower {
  readonly #options: ResizeOptions
  readonly #resizing: Resizing
  #askAgainAtMs = 0

  constructor(options: ResizeOptions, pod: Pod) {
    this.#options = options
    this.#resizing = new Resizing(pod)
  }

  get conditions(): readonly PodCondition[] {
    return this.#resizing.conditions
  }

  /** A change waits for room. */
  get isPending(): boolean {
    return this.#resizing.isPending
  }

  /** When to ask for room again. */
  get askAgainAtMs(): number | undefined {
    return this.isPending ? this.#askAgainAtMs : undefined
  }

  /** The pod as the node runs it. */
  allocated(asked: Pod): Pod {
    return this.#resizing.allocated(asked)
  }

  /** Takes changed requests and limits up if there is room. Returns the pod as the node runs it from now on. */
  consider(asked: Pod): Pod {
    const { clock } = this.#options.platform
    this.#askAgainAtMs = clock.monotonicMs() + askAgainMs
    this.#say(
      asked,
      this.#resizing.consider(asked, () => this.#options.admit(asked, this.#resizing.allocated(asked)), clock.nowMs()),
    )
    return this.#resizing.allocated(asked)
  }

  /** Looks how far the change has come. */
  follow(facts: PodFacts): void {
    const { error, left } = resizeLeft(facts)
    const events = this.#resizing.follow(facts.pod, left, error, facts.nowMs)
    this.#say(facts.pod, events)
    if (events.some(({ reason }) => reason === "ResizeCompleted")) this.#options.onRoom()
  }

  #say(pod: Pod, events: readonly ResizeEvent[]): void {
    for (const { message, reason, type } of events) this.#options.events.record(pod, type, reason, message)
  }
}

export interface ResizeOptions {
  readonly events: Pick<EventRecorder, "record">
  readonly platform: Pick<Platform, "clock">
  /** Whether the node has room for the changed pod, of which it runs `allocated` now. */
  readonly admit: (pod: Pod, allocated: Pod) => Rejection | undefined
  /** The pod may take less than before. */
  readonly onRoom: () => void
}
