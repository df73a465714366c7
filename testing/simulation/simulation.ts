import type { Client } from "../../src/client/client.ts"
import type { AnyResource } from "../../src/machinery/schema/resource.ts"
import { StatusError, type StatusReason } from "../../src/machinery/status/status-error.ts"
import type { TestCluster } from "../test-cluster.ts"
import type { Chance } from "./chance.ts"
import { type Invariant, InvariantError, type Situation } from "./invariant.ts"
import { Record } from "./record.ts"

/** Refusals that a simulated user takes as they come. Any other means that a step, or the server, is wrong. */
const USUAL: ReadonlySet<StatusReason> = new Set<StatusReason>([
  "AlreadyExists",
  "Conflict",
  "Expired",
  "Forbidden",
  "InternalError",
  "NotFound",
  "ServiceUnavailable",
  "TooManyRequests",
])

/** A cluster, what has happened to it so far, and the rules that it has to keep. */
export class Simulation {
  readonly cluster: TestCluster
  readonly chance: Chance
  readonly record = new Record()
  /** What was done, one line each. */
  readonly log: string[] = []
  /** How to undo the faults and stages that are set. */
  readonly reliefs: (() => void)[] = []
  /** Components that are down. */
  readonly down = new Set<string>()
  readonly #invariants: readonly Invariant[]
  #revision = 0
  #names = 0
  #isCalm = true
  #isUntouched = true
  #wasCrashed = false
  #restsEver = 0

  constructor(cluster: TestCluster, chance: Chance, invariants: readonly Invariant[]) {
    this.cluster = cluster
    this.chance = chance
    this.#invariants = invariants
  }

  get client(): Client {
    return this.cluster.client
  }
  get serverRuns(): boolean {
    return !this.down.has("kube-apiserver")
  }
  get revision(): number {
    return this.#revision
  }
  /** Everything runs, and no fault is set. */
  get isWhole(): boolean {
    return this.down.size === 0 && this.reliefs.length === 0
  }

  /** Different each time. */
  name(prefix: string): string {
    return `${prefix}-${++this.#names}`
  }

  /** From now on pods may be lost without anybody having asked for it. */
  disturb(): void {
    this.#isCalm = false
    this.#isUntouched = false
  }
  /** From now on somebody takes pods away as the API has it. */
  takeAway(): void {
    this.#isUntouched = false
  }
  crashed(component: string): void {
    this.down.add(component)
    this.#wasCrashed = true
  }
  /** Kubelets report to the API server before they count as started. */
  canStart(component: string): boolean {
    return this.serverRuns || !component.startsWith("kubelet/")
  }
  async restart(component: string): Promise<void> {
    await this.cluster.restart(component)
    this.down.delete(component)
    if (component !== "kube-controller-manager") return
    // It starts with all of its controllers.
    for (const each of this.down) if (each.endsWith("-controller")) this.down.delete(each)
  }

  /** Awaits what may need time to pass, and lets it pass. */
  async wait<T>(work: Promise<T>): Promise<T> {
    let done = false
    const over = () => (done = true)
    work.then(over, over)
    await this.cluster.clock.advanceUntil(() => done, "30m")
    return work
  }

  /** Sends requests as a user would. Returns what was done, or how it was refused. */
  async ask(text: string, work: () => Promise<unknown>): Promise<string> {
    try {
      await this.wait(work())
      return text
    } catch (error) {
      const unreachable = error instanceof Error && "code" in error && error.code === "ECONNREFUSED"
      if (unreachable) return `${text}: no server`
      if (error instanceof StatusError && USUAL.has(error.reason)) return `${text}: ${error.reason} (${error.message})`
      throw new Error(`${text}: ${error}`, { cause: error })
    }
  }

  create<R extends AnyResource>(resource: R, manifest: object): Promise<unknown> {
    return this.client.of(resource as AnyResource).create(manifest as never)
  }

  /** Reads what has happened since the last time, and has every rule look at each change. */
  async observe(): Promise<void> {
    for (const entry of await this.cluster.history(this.#revision)) {
      this.#revision = entry.revision
      const change = this.record.apply(entry)
      if (change === undefined) continue
      const situation = this.#situation()
      this.#check(`revision ${entry.revision}`, (rule) => rule.onChange?.(change, situation))
    }
  }

  /** To be called when no control loop has work left. `isReady`: every pod is where it should be. */
  rest(isReady: boolean): void {
    const situation = this.#situation()
    this.#check("at rest", (rule) => rule.atRest?.(situation))
    this.#restsEver++
    this.#wasCrashed = false
    if (!isReady) return
    this.#isCalm = true
    this.#isUntouched = true
  }

  end(): void {
    const situation = this.#situation()
    this.#check("at the end", (rule) => rule.atEnd?.(situation))
  }

  #check(when: string, look: (rule: Invariant) => void): void {
    for (const rule of this.#invariants) {
      try {
        look(rule)
      } catch (error) {
        if (!(error instanceof InvariantError)) throw error
        throw new InvariantError(`${rule.name}, ${when}: ${error.message}`, { cause: error })
      }
    }
  }

  #situation(): Situation {
    return {
      record: this.record,
      nowMs: this.cluster.clock.now.getTime(),
      isCalm: this.#isCalm,
      isUntouched: this.#isUntouched,
      wasCrashed: this.#wasCrashed,
      restsEver: this.#restsEver,
    }
  }
}
