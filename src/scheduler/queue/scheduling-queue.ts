import type { Pod } from "../../api/core/v1/pod.ts"
import { type Key, keyOf } from "../../client/informer.ts"
import type { Clock, Timer } from "../../platform/clock.ts"
import { type ClusterEvent, podUpdated } from "../events.ts"
import type { Profile } from "../profile.ts"
import { HintMap } from "./hint-map.ts"
import { PriorityHeap } from "./priority-heap.ts"
import { type BackingOff, comesFirst, endsFirst, pauseMs, type Waiting } from "./waiting.ts"

export interface QueueOptions {
  readonly clock: Clock
  /** By scheduler name. */
  readonly profiles: ReadonlyMap<string, Profile>
  /** The pause after the first failed try; it doubles with each. */
  readonly firstPauseMs?: number
  readonly longestPauseMs?: number
}

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 10_000
/** However unlikely it seems that anything has changed. */
const UNSCHEDULABLE_LONGEST_MS = 300_000

type Place = "active" | "backoff" | "unschedulable" | "taken"

interface Entry {
  readonly waiting: Waiting
  place: Place
  /** Tells its place among those that back off from places it had there before. */
  backoff?: BackingOff
}

/**
 * Pods that wait for a node.
 *
 * ```
 *          gated                                  rejected by plugins
 *  add ──┬───────────▶ unschedulable    take ──▶ unschedulable ◀────────┐
 *        │               │ gate gone      │            │ an event helps, │
 *        └──▶ active ◀───┘                │ error      │ or 5 min passed │
 *               ▲                         ▼            ▼                 │
 *               └─────── pause over ──── backing off ◀─┘ ────────────────┘
 * ```
 * Active pods come out by priority, then by how long they wait. A pod that was tried in vain waits 1 s, 2 s, 4 s, 8 s,
 * then 10 s, counted from its last try, however many events arrive in between; when nobody else waits, its pause ends
 * early, but not after an error.
 */
export class SchedulingQueue {
  readonly #clock: Clock
  readonly #profiles: ReadonlyMap<string, Profile>
  readonly #firstMs: number
  readonly #longestMs: number
  readonly #hints: HintMap
  readonly #entries = new Map<Key, Entry>()
  /** Heaps may contain pods that have left; they are skipped when they come out. */
  readonly #active = new PriorityHeap<Waiting>(comesFirst)
  readonly #backoff = new PriorityHeap<BackingOff>(endsFirst)
  /** Apart from the others, as nobody takes these before their time. */
  readonly #errorBackoff = new PriorityHeap<BackingOff>(endsFirst)
  /** In the order in which they came here. */
  readonly #unschedulable = new Set<Waiting>()
  readonly #rejected = new Map<string, Set<Waiting>>()
  /** What happened while the pod that was taken last is being looked at. */
  #meanwhile: ClusterEvent[] | undefined
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined
  #taker: ((waiting: Waiting | undefined) => void) | undefined
  #closed = false

  constructor({ clock, profiles, firstPauseMs = FIRST_PAUSE_MS, longestPauseMs = LONGEST_PAUSE_MS }: QueueOptions) {
    this.#clock = clock
    this.#profiles = profiles
    this.#firstMs = firstPauseMs
    this.#longestMs = longestPauseMs
    this.#hints = new HintMap(profiles.values())
  }

  /** How many pods there are in each place; gated ones are among the unschedulable. */
  counts(): Readonly<Record<Place, number>> {
    const counts: Record<Place, number> = { active: 0, backoff: 0, unschedulable: 0, taken: 0 }
    for (const { place } of this.#entries.values()) counts[place]++
    return counts
  }

  /** How many pods could be taken now, or are being looked at. Pods that pause after an error do not count. */
  get busyCount(): number {
    return this.#busy
  }
  #busy = 0

  has(key: Key): boolean {
    return this.#entries.has(key)
  }

  /** Adds a pod, or brings in its new version. */
  set(pod: Pod): void {
    const key = keyOf(pod)
    const entry = this.#entries.get(key)
    if (entry === undefined) {
      this.#entries.set(key, { waiting: newcomer(key, pod, this.#clock.monotonicMs()), place: "taken" })
      this.#busy++
      this.#activate(key)
      return
    }
    const { waiting, place } = entry
    const previous = waiting.pod
    waiting.pod = pod
    if (place === "taken") this.#meanwhile?.push(podUpdated(pod, previous))
    else if (place === "unschedulable") {
      const event = podUpdated(pod, previous)
      if (this.#hints.helps(waiting, event)) this.#pauseOrActivate(key)
    } else if (place === "active" && pod.spec.priority !== previous.spec.priority) this.#active.push(waiting)
  }

  remove(key: Key): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#move(entry, undefined)
    this.#entries.delete(key)
  }

  /** Forgets a pod that was taken, unless another one has its name by now. */
  discard(waiting: Waiting): void {
    if (this.#entries.get(waiting.key)?.waiting === waiting) this.remove(waiting.key)
  }

  /** The next pod to try; undefined once the queue is closed. One taker at a time. */
  take(): Promise<Waiting | undefined> {
    const next = this.takeNow()
    if (next !== undefined || this.#closed) return Promise.resolve(next)
    return new Promise((resolve) => {
      this.#taker = resolve
    })
  }

  /** The next pod to try, if there is any. */
  takeNow(): Waiting | undefined {
    this.#meanwhile = undefined
    const next = this.#next()
    if (next === undefined) return undefined
    this.#meanwhile = []
    next.attempts++
    return next
  }

  /** No node fits. The pod waits for an event that concerns one of the plugins that rejected it. */
  rejected(waiting: Waiting, by: ReadonlySet<string>): void {
    const entry = this.#failed(waiting, by)
    if (entry === undefined) return
    waiting.refusals++
    waiting.errors = 0
    const meanwhile = this.#meanwhile ?? []
    this.#move(entry, "unschedulable")
    if (meanwhile.some((event) => this.#hints.helps(waiting, event))) this.#pauseOrActivate(waiting.key)
  }

  /** Something else failed. The pod is tried again after a pause. */
  retry(waiting: Waiting): void {
    const entry = this.#failed(waiting, NOBODY)
    if (entry === undefined) return
    waiting.errors++
    this.#pauseOrActivate(waiting.key)
  }

  /** Wakes the pods that the event may help. `except` stays asleep. */
  notify(event: ClusterEvent, except?: Key): void {
    if (this.#closed) return
    this.#meanwhile?.push(event)
    if (this.#unschedulable.size === 0) return
    const woken = new Set<Waiting>()
    for (const [plugin, rejected] of this.#rejected) {
      if (!this.#hints.awaits(plugin, event)) continue
      for (const waiting of rejected) {
        // What keeps a pod out of the queue has to go first.
        if (waiting.gatedBy !== undefined && !this.#hints.awaits(waiting.gatedBy, event)) continue
        if (waiting.key !== except && this.#hints.helps(waiting, event)) woken.add(waiting)
      }
    }
    for (const { key } of woken) this.#pauseOrActivate(key)
  }

  /** Tries a pod that no node fits again at once, whatever rejected it. */
  wake(key: Key): void {
    const place = this.#entries.get(key)?.place
    if (place === "unschedulable" || place === "backoff") this.#activate(key)
  }

  close(): void {
    this.#closed = true
    this.#timer?.timer.cancel()
    this.#entries.clear()
    this.#unschedulable.clear()
    this.#rejected.clear()
    this.#busy = 0
    this.#taker?.(undefined)
    this.#taker = undefined
  }

  #next(): Waiting | undefined {
    for (let next = this.#active.pop(); next !== undefined; next = this.#active.pop()) {
      const entry = this.#entries.get(next.key)
      if (entry?.waiting !== next || entry.place !== "active") continue
      this.#move(entry, "taken")
      return next
    }
    for (let next = this.#backoff.pop(); next !== undefined; next = this.#backoff.pop()) {
      const entry = this.#entries.get(next.waiting.key)
      if (entry?.backoff !== next) continue
      this.#move(entry, "taken")
      return next.waiting
    }
    return undefined
  }

  #failed(waiting: Waiting, by: ReadonlySet<string>): Entry | undefined {
    const entry = this.#entries.get(waiting.key)
    if (entry?.waiting !== waiting || entry.place !== "taken") return undefined
    waiting.sinceMs = this.#clock.monotonicMs()
    waiting.rejectedBy = by
    return entry
  }

  #pauseOrActivate(key: Key): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    const { waiting } = entry
    const untilMs = waiting.sinceMs + pauseMs(waiting, this.#firstMs, this.#longestMs)
    if (untilMs <= this.#clock.monotonicMs()) this.#activate(key)
    else if (!this.#stopAtGate(entry)) {
      this.#move(entry, "backoff")
      entry.backoff = { waiting, untilMs }
      const heap = waiting.rejectedBy.size === 0 ? this.#errorBackoff : this.#backoff
      heap.push(entry.backoff)
      this.#arm(untilMs)
      this.#serve()
    }
  }

  #activate(key: Key): void {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#closed || this.#stopAtGate(entry)) return
    this.#move(entry, "active")
    this.#active.push(entry.waiting)
    this.#serve()
  }

  /** Whether a plugin keeps the pod out of the queue. The one that did so last is asked first. */
  #stopAtGate(entry: Entry): boolean {
    const { waiting } = entry
    const plugins = this.#profiles.get(waiting.pod.spec.schedulerName ?? "")?.preEnqueue ?? []
    const asked = plugins.find(({ name }) => name === waiting.gatedBy)
    const gate = [...(asked ? [asked] : []), ...plugins].find(
      (plugin) => plugin.preEnqueue?.(waiting.pod) !== undefined,
    )
    waiting.gatedBy = gate?.name
    if (gate === undefined) return false
    waiting.rejectedBy = new Set([...waiting.rejectedBy, gate.name])
    this.#move(entry, "unschedulable")
    return true
  }

  #serve(): void {
    const taker = this.#taker
    if (taker === undefined) return
    const next = this.takeNow()
    if (next === undefined) return
    this.#taker = undefined
    taker(next)
  }

  /** Keeps what is known about places; undefined: the pod leaves. */
  #move(entry: Entry, place: Place | undefined): void {
    const { waiting } = entry
    if (this.#isBusyIn(entry, entry.place)) this.#busy--
    delete entry.backoff
    if (this.#unschedulable.delete(waiting)) for (const rejected of this.#rejected.values()) rejected.delete(waiting)
    if (place === undefined) return
    entry.place = place
    if (this.#isBusyIn(entry, place)) this.#busy++
    if (place !== "unschedulable") return
    this.#unschedulable.add(waiting)
    for (const plugin of waiting.rejectedBy) {
      const rejected = this.#rejected.get(plugin)
      if (rejected === undefined) this.#rejected.set(plugin, new Set([waiting]))
      else rejected.add(waiting)
    }
    if (waiting.gatedBy === undefined) this.#arm(waiting.sinceMs + UNSCHEDULABLE_LONGEST_MS)
  }

  #isBusyIn({ waiting }: Entry, place: Place): boolean {
    return place === "active" || place === "taken" || (place === "backoff" && waiting.rejectedBy.size > 0)
  }

  #arm(atMs: number): void {
    if (this.#closed || (this.#timer !== undefined && this.#timer.atMs <= atMs)) return
    this.#timer?.timer.cancel()
    const delayMs = Math.max(0, atMs - this.#clock.monotonicMs())
    this.#timer = { atMs, timer: this.#clock.after(delayMs, () => this.#onTime()) }
  }

  #onTime(): void {
    this.#timer = undefined
    const nowMs = this.#clock.monotonicMs()
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (let first = heap.peek(); first !== undefined; first = heap.peek()) {
        const entry = this.#entries.get(first.waiting.key)
        const isHere = entry?.backoff === first
        if (isHere && first.untilMs > nowMs) {
          this.#arm(first.untilMs)
          break
        }
        heap.pop()
        if (isHere) this.#activate(first.waiting.key)
      }
    }
    for (const waiting of this.#unschedulable) {
      if (waiting.gatedBy !== undefined) continue
      const untilMs = waiting.sinceMs + UNSCHEDULABLE_LONGEST_MS
      if (untilMs > nowMs) {
        this.#arm(untilMs)
        break
      }
      this.#activate(waiting.key)
    }
  }
}

const NOBODY: ReadonlySet<string> = new Set()

const newcomer = (key: Key, pod: Pod, nowMs: number): Waiting => ({
  key,
  pod,
  attempts: 0,
  refusals: 0,
  errors: 0,
  sinceMs: nowMs,
  rejectedBy: NOBODY,
  gatedBy: undefined,
})
