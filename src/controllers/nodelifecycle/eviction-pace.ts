import type { Node } from "../../api/core/v1/node.ts"
import { isNodeReady, isTaintedByUs, readyCondition } from "./plan.ts"
import { type EvictionSettings, evictionRate, isCounted, zoneOf, zoneState } from "./zones.ts"

/** What a look at all nodes has come to. */
export interface Review {
  /** Nodes about which the decision changed. */
  readonly changed: readonly string[]
  /** Some node is ready again after none was: all others get the time to say so too. */
  readonly hasReturned: boolean
  /** When to look again though nothing changes. */
  readonly againAfterMs: number | undefined
}

/** One zone may drive away the pods of one node, and of the next when `nextAtMs` has come. */
interface Limiter {
  ratePerS: number
  nextAtMs: number
}

/**
 * Decides when nodes that are not ready drive their pods away: those that are longest so first, at the pace of their
 * zone. When no node at all is ready, none does. Times are monotonic.
 */
export class EvictionPace {
  readonly #settings: EvictionSettings
  /** Nodes that may. */
  readonly #allowed = new Set<string>()
  /** Nodes that are not ready and may not yet, in order. */
  readonly #waiting = new Map<string, { readonly zone: string }>()
  readonly #limiters = new Map<string, Limiter>()
  #isHalted = false

  constructor(settings: EvictionSettings) {
    this.#settings = settings
  }

  mayEvict(name: string): boolean {
    return this.#allowed.has(name)
  }

  review(nodes: readonly Node[], nowMs: number): Review {
    const wasHalted = this.#isHalted
    this.#setRates(nodes, nowMs)
    const before = new Set(this.#allowed)
    this.#sort(nodes)
    if (this.#isHalted) this.#allowed.clear()
    const againAtMs = this.#admit(nowMs)
    return {
      changed: [...before.symmetricDifference(this.#allowed)],
      hasReturned: wasHalted && !this.#isHalted,
      againAfterMs: againAtMs === undefined ? undefined : againAtMs - nowMs,
    }
  }

  #setRates(nodes: readonly Node[], nowMs: number): void {
    const zones = new Map<string, { ready: number; nodes: number }>()
    for (const node of nodes.filter(isCounted)) {
      const zone = zones.getOrInsertComputed(zoneOf(node), () => ({ ready: 0, nodes: 0 }))
      zone.nodes++
      if (isNodeReady(node)) zone.ready++
    }
    const states = new Map(
      [...zones].map(([zone, { ready, nodes: all }]) => [zone, zoneState(ready, all, this.#settings)]),
    )
    this.#isHalted = states.size > 0 && [...states.values()].every((state) => state === "full-disruption")
    for (const zone of new Set([...nodes.map(zoneOf), ...this.#limiters.keys()])) {
      const rate = evictionRate(states.get(zone) ?? "normal", zones.get(zone)?.nodes ?? 0, this.#settings)
      this.#setRate(zone, this.#isHalted ? 0 : rate, nowMs)
    }
  }

  /** Whoever had to wait begins to wait anew. */
  #setRate(zone: string, ratePerS: number, nowMs: number): void {
    const limiter = this.#limiters.get(zone)
    if (limiter === undefined) {
      this.#limiters.set(zone, { ratePerS, nextAtMs: nowMs })
    } else if (limiter.ratePerS !== ratePerS) {
      const isFree = limiter.ratePerS > 0 && limiter.nextAtMs <= nowMs
      this.#limiters.set(zone, { ratePerS, nextAtMs: isFree ? nowMs : nowMs + 1000 / ratePerS })
    }
  }

  #sort(nodes: readonly Node[]): void {
    const unready = new Set<string>()
    for (const node of nodes) {
      const { name } = node.metadata
      // A node that never spoke has nothing to run yet.
      if (readyCondition(node) === undefined || isNodeReady(node)) continue
      unready.add(name)
      // What was decided before, perhaps in another life of ours, stands.
      if (isTaintedByUs(node)) this.#allowed.add(name)
      if (!this.#allowed.has(name)) this.#waiting.getOrInsert(name, { zone: zoneOf(node) })
    }
    for (const name of this.#allowed) if (!unready.has(name)) this.#allowed.delete(name)
    for (const name of this.#waiting.keys()) {
      if (!unready.has(name) || this.#allowed.has(name)) this.#waiting.delete(name)
    }
  }

  /** Returns when the next of those that wait may. */
  #admit(nowMs: number): number | undefined {
    let nextAtMs = Number.POSITIVE_INFINITY
    for (const [name, { zone }] of this.#waiting) {
      const limiter = this.#limiters.get(zone)
      if (limiter === undefined || limiter.ratePerS === 0) continue
      if (limiter.nextAtMs <= nowMs) {
        this.#waiting.delete(name)
        this.#allowed.add(name)
        limiter.nextAtMs = nowMs + 1000 / limiter.ratePerS
      } else nextAtMs = Math.min(nextAtMs, limiter.nextAtMs)
    }
    return Number.isFinite(nextAtMs) ? nextAtMs : undefined
  }
}
