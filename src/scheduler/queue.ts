import type { Pod } from "../api/core/v1/pod.ts"
import { type Key, keyOf } from "../client/informer.ts"
import type { Clock, Timer } from "../platform/clock.ts"
import type { ClusterEvent, QueueingHint, SchedulingPlugin } from "./framework.ts"
import { PriorityHeap } from "./priority-heap.ts"

/**
 * Pods that wait for a node.
 *
 * ```
 *          gates left                             rejected by plugins
 *  add ──┬───────────▶ gated            take ───▶ unschedulable ◀─────────┐
 *        │               │ gates gone     │             │ an event helps,  │
 *        └──▶ active ◀───┘◀───────────────┘ retry       │ or 5 min passed  │
 *               ▲  ▲                                    ▼                  │
 *               │  └──────────── pause over ──────── backing off ──────────┘
 * ```
 * Active pods come out by priority, then by how long they wait. A pod that was tried in vain waits 1 s, 2 s, 4 s, 8 s,
 * then 10 s, counted from its last try, however many events arrive in between.
 */
export interface Waiting {
  readonly key: Key
  pod: Pod
  /** Failed tries so far. */
  attempts: number
  /** When it was last tried, by the monotonic clock. */
  triedAtMs: number
  readonly addedAtMs: number
  /** The plugins that rejected it; empty after an error that has nothing to do with nodes. */
  rejectedBy: ReadonlySet<string>
}

const BACKOFF_FIRST_MS = 1000
const BACKOFF_LONGEST_MS = 10_000
/** However unlikely it seems that anything has changed. */
const UNSCHEDULABLE_LONGEST_MS = 300_000

type Place = "active" | "backoff" | "unschedulable" | "gated" | "taken"

export class SchedulingQueue {
  readonly #clock: Clock
  readonly #plugins: readonly SchedulingPlugin[]
  readonly #hints: ReadonlyMap<string, readonly QueueingHint[]>
  readonly #entries = new Map<Key, { readonly waiting: Waiting; place: Place; timer?: Timer }>()
  /** May contain entries that have left; they are skipped when they come out. */
  readonly #active = new PriorityHeap<Waiting>(comesFirst)
  #taker: ((waiting: Waiting | undefined) => void) | undefined
  #closed = false

  constructor(clock: Clock, plugins: readonly SchedulingPlugin[]) {
    this.#clock = clock
    this.#plugins = plugins
    this.#hints = new Map(plugins.map(({ name, wakesOn = [] }) => [name, wakesOn]))
  }

  /** Pods ready to be tried now. */
  get activeCount(): number {
    return [...this.#entries.values()].filter(({ place }) => place === "active").length
  }

  counts(): Readonly<Record<Place, number>> {
    const counts: Record<Place, number> = { active: 0, backoff: 0, unschedulable: 0, gated: 0, taken: 0 }
    for (const { place } of this.#entries.values()) counts[place]++
    return counts
  }

  /** Adds a pod, or brings in its new version. */
  set(pod: Pod): void {
    const key = keyOf(pod)
    const entry = this.#entries.get(key)
    const nowMs = this.#clock.monotonicMs()
    if (entry === undefined) {
      const waiting: Waiting = { key, pod, attempts: 0, triedAtMs: nowMs, addedAtMs: nowMs, rejectedBy: new Set() }
      this.#entries.set(key, { waiting, place: "gated" })
      this.#activateUnlessGated(key)
      return
    }
    const previous = entry.waiting.pod
    entry.waiting.pod = pod
    if (entry.place === "gated") this.#activateUnlessGated(key)
    else if (entry.place === "unschedulable" && schedulingPart(pod) !== schedulingPart(previous)) {
      this.#wakeIfHelped(key, { type: "changed-itself", pod, previous })
    }
  }

  remove(key: Key): void {
    this.#entries.get(key)?.timer?.cancel()
    this.#entries.delete(key)
  }

  /** The next pod to try; undefined once the queue is closed. One taker at a time. */
  take(): Promise<Waiting | undefined> {
    const next = this.#next()
    if (next !== undefined || this.#closed) return Promise.resolve(next)
    return new Promise((resolve) => {
      this.#taker = resolve
    })
  }

  /** No node fits. The pod waits for an event that concerns one of the plugins that rejected it. */
  rejected(waiting: Waiting, by: ReadonlySet<string>): void {
    this.#failed(waiting, by)
    const entry = this.#entries.get(waiting.key)
    if (entry?.waiting !== waiting) return
    entry.place = "unschedulable"
    entry.timer = this.#clock.after(UNSCHEDULABLE_LONGEST_MS, () => this.#activate(waiting.key))
  }

  /** Something else failed. The pod is tried again after a pause. */
  retry(waiting: Waiting): void {
    this.#failed(waiting, new Set())
    this.#pauseOrActivate(waiting.key)
  }

  /** Wakes the pods that the event may help. */
  notify(event: ClusterEvent): void {
    for (const [key, { place }] of this.#entries) if (place === "unschedulable") this.#wakeIfHelped(key, event)
  }

  /** Tries a pod that no node fits again, after its pause, whatever rejected it. */
  wake(key: Key): void {
    if (this.#entries.get(key)?.place === "unschedulable") this.#pauseOrActivate(key)
  }

  close(): void {
    this.#closed = true
    for (const { timer } of this.#entries.values()) timer?.cancel()
    this.#entries.clear()
    this.#taker?.(undefined)
    this.#taker = undefined
  }

  #next(): Waiting | undefined {
    for (;;) {
      const waiting = this.#active.pop()
      if (waiting === undefined) return undefined
      const entry = this.#entries.get(waiting.key)
      if (entry?.waiting !== waiting || entry.place !== "active") continue
      entry.place = "taken"
      return waiting
    }
  }

  #failed(waiting: Waiting, by: ReadonlySet<string>): void {
    waiting.attempts++
    waiting.triedAtMs = this.#clock.monotonicMs()
    waiting.rejectedBy = by
  }

  #activateUnlessGated(key: Key): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    const { pod } = entry.waiting
    if (this.#plugins.every((plugin) => plugin.preEnqueue?.(pod) === undefined)) this.#activate(key)
  }

  #wakeIfHelped(key: Key, event: ClusterEvent): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    const { pod, rejectedBy } = entry.waiting
    for (const plugin of rejectedBy) {
      const hints = this.#hints.get(plugin) ?? []
      if (hints.some(({ on, helps }) => on === event.type && (helps === undefined || helps(pod, event)))) {
        this.#pauseOrActivate(key)
        return
      }
    }
  }

  #pauseOrActivate(key: Key): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.timer?.cancel()
    const { attempts, triedAtMs } = entry.waiting
    const pauseMs = Math.min(BACKOFF_FIRST_MS * 2 ** (attempts - 1), BACKOFF_LONGEST_MS)
    const leftMs = triedAtMs + pauseMs - this.#clock.monotonicMs()
    if (leftMs <= 0) this.#activate(key)
    else {
      entry.place = "backoff"
      entry.timer = this.#clock.after(leftMs, () => this.#activate(key))
    }
  }

  #activate(key: Key): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#closed) return
    entry.timer?.cancel()
    entry.place = "active"
    this.#active.push(entry.waiting)
    const taker = this.#taker
    if (taker === undefined) return
    this.#taker = undefined
    taker(this.#next())
  }
}

function comesFirst(left: Waiting, right: Waiting): boolean {
  const difference = (right.pod.spec.priority ?? 0) - (left.pod.spec.priority ?? 0)
  return difference === 0 ? left.addedAtMs < right.addedAtMs : difference < 0
}

/** What plugins look at. A pod whose status alone changed has not become easier to place. */
function schedulingPart({ spec, metadata }: Pod): string {
  return JSON.stringify([spec, metadata.labels])
}
