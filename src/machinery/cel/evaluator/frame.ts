import type { Activation } from "../activation.ts"
import { CelError } from "../error.ts"
import type { EvaluationLimits } from "../program.ts"
import type { CelResult } from "../value.ts"

/** Computes a part of an expression. */
export type Evaluate = (frame: Frame) => CelResult

/** Thrown to end an evaluation whose limits are reached: nothing may absorb that, as an error could be. */
export class EvaluationStopped extends Error {
  readonly reason: "cost" | "interrupted"

  constructor(reason: "cost" | "interrupted") {
    super(reason === "cost" ? "operation cancelled: actual cost limit exceeded" : "operation interrupted")
    this.reason = reason
  }
}

/** What asks whether to stop: not each step, since asking is dearer than most of them; one may take some milliseconds. */
const CHARGES_PER_CHECK = 4

/** What one evaluation keeps. */
export class Frame {
  /** In the units of the cost model. */
  cost = 0
  /** The variables of the comprehensions around the part that is being evaluated; functions until first needed. */
  readonly locals: (CelResult | Evaluate)[] = []
  readonly #activation: Activation
  readonly #costLimit: number
  readonly #interrupted: (() => boolean) | undefined
  readonly #variables = new Map<string, CelResult | undefined>()
  #charges = 0

  constructor(activation: Activation, limits: EvaluationLimits) {
    this.#activation = activation
    this.#costLimit = limits.costLimit ?? Number.POSITIVE_INFINITY
    this.#interrupted = limits.interrupted
  }

  charge(cost: number): void {
    this.cost += cost
    if (this.cost > this.#costLimit) throw new EvaluationStopped("cost")
    if (this.#interrupted === undefined || ++this.#charges % CHARGES_PER_CHECK !== 0) return
    if (this.#interrupted()) throw new EvaluationStopped("interrupted")
  }

  /** Undefined when there is no such variable. */
  resolve(name: string): CelResult | undefined {
    const known = this.#variables.get(name)
    if (known !== undefined) return known
    const value = this.#activation.resolve(name)
    this.#variables.set(name, value)
    return value
  }

  variable(name: string): CelResult {
    const value = this.resolve(name)
    return value === undefined ? new CelError(`no such attribute(s): ${name}`) : value
  }

  local(slot: number): CelResult {
    const value = this.locals[slot]
    if (typeof value !== "function") return value as CelResult
    const made = value(this)
    this.locals[slot] = made
    return made
  }
}
