import type { Clock } from "../../../platform/clock.ts"
import type { Activation } from "../activation.ts"
import type { CelProgram, Evaluation } from "../program.ts"
import { PER_CALL_LIMIT } from "./limits.ts"

/**
 * How long all expressions about one request or object may take together. Costs are Kubernetes', and some calls cost one
 * unit however large their arguments are. There an expression runs beside other requests until its own one is over; here
 * it would hold up everybody, so it ends earlier, in the same way.
 */
export const EVALUATION_MAX_MS = 1_000

export class EvaluationTime {
  readonly #clock: Pick<Clock, "monotonicMs">
  #leftMs = EVALUATION_MAX_MS
  /** Undefined outside of evaluations. They nest: expressions use variables, which are expressions. */
  #endMs: number | undefined

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock
  }

  /** Within the cost of one call. When time is up the result is the error `operation interrupted`. */
  evaluate(program: CelProgram, activation: Activation): Evaluation {
    const limits = { costLimit: PER_CALL_LIMIT, interrupted: this.#isOver }
    if (this.#endMs !== undefined) return program.evaluate(activation, limits)
    this.#endMs = this.#clock.monotonicMs() + this.#leftMs
    try {
      return program.evaluate(activation, limits)
    } finally {
      this.#leftMs = this.#endMs - this.#clock.monotonicMs()
      this.#endMs = undefined
    }
  }

  readonly #isOver = (): boolean => this.#endMs !== undefined && this.#clock.monotonicMs() >= this.#endMs
}
