import { RegexError } from "../../regex/regex.ts"
import type { Activation } from "../activation.ts"
import type { CelAst } from "../ast.ts"
import type { DeclaredNames } from "../declared-names.ts"
import { CelError, isError } from "../error.ts"
import type { CelProgram, Evaluation, EvaluationLimits, ProgramOptions } from "../program.ts"
import { PlanError } from "./folding.ts"
import { type Evaluate, EvaluationStopped, Frame } from "./frame.ts"
import { planExpression } from "./planner.ts"

export function prepareProgram(ast: CelAst, names: DeclaredNames, options: ProgramOptions): CelProgram {
  try {
    return new Program(planExpression(ast, names, options))
  } catch (error) {
    if (error instanceof PlanError) return new FailedProgram(error.error)
    // A regular expression that is constant and wrong.
    if (error instanceof RegexError) return new FailedProgram(new CelError(error.message))
    throw error
  }
}

class Program implements CelProgram {
  readonly error = undefined
  readonly #evaluate: Evaluate

  constructor(evaluate: Evaluate) {
    this.#evaluate = evaluate
  }

  evaluate(activation: Activation, limits: EvaluationLimits = {}): Evaluation {
    const frame = new Frame(activation, limits)
    try {
      const value = this.#evaluate(frame)
      return isError(value) ? { ok: false, error: value, cost: frame.cost } : { ok: true, value, cost: frame.cost }
    } catch (error) {
      if (!(error instanceof EvaluationStopped)) throw error
      return { ok: false, error: new CelError(error.message), cost: frame.cost, stopped: error.reason }
    }
  }
}

class FailedProgram implements CelProgram {
  readonly error: CelError

  constructor(error: CelError) {
    this.error = error
  }

  evaluate(): Evaluation {
    return { ok: false, error: this.error, cost: 0 }
  }
}
