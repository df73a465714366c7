import type { Activation } from "../activation.ts"
import type { CelEnvironment } from "../environment.ts"
import { CelError } from "../error.ts"
import type { CelProgram } from "../program.ts"
import type { CelType } from "../types.ts"
import { CelObject, type CelResult, type CelValue } from "../value.ts"
import { variablesType } from "./admission-environment.ts"
import { compileExpression, isExactType } from "./environment.ts"
import type { EvaluationTime } from "./evaluation-time.ts"

/** An expression of a policy or a match condition, ready to be evaluated, or what is wrong with it in Kubernetes' words. */
export type AdmissionExpression =
  | { readonly source: string; readonly program: CelProgram; readonly resultType: CelType }
  | { readonly source: string; readonly error: string }

/** `returnTypes` are the types it may have; `anyType` for any. */
export function compileAdmissionExpression(
  environment: CelEnvironment,
  source: string,
  returnTypes: readonly CelType[],
): AdmissionExpression {
  const compiled = compileExpression(environment, source)
  if (!compiled.ok) {
    const prefix = compiled.stage === "compilation" ? "compilation failed" : "program instantiation failed"
    return { source, error: `${prefix}: ${compiled.message}` }
  }
  const { program, resultType } = compiled
  if (returnTypes.some((type) => isExactType(resultType, type))) return { source, program, resultType }
  const [first, ...others] = returnTypes
  const wanted = others.length === 0 && first ? typeText(first) : `one of [${returnTypes.map(typeText).join(" ")}]`
  return { source, error: `must evaluate to ${wanted} but got ${typeText(resultType)}` }
}

/** As Go prints a type, which is not how the checker's messages write it: `null_type`, `google.protobuf.Timestamp`. */
export function typeText({ name, nullable, parameters }: CelType): string {
  const plain = nullable ? `wrapper(${name})` : name
  return parameters.length === 0 ? plain : `${plain}(${parameters.map(typeText).join(", ")})`
}

/** What one expression gave: a value, or an error in Kubernetes' words. */
export type AdmissionResult = { readonly value: CelValue } | { readonly error: string }

/** The budget is spent; what remains is not evaluated. */
export class OutOfBudgetError extends Error {
  constructor() {
    super("validation failed due to running out of cost budget, no further validation rules will be run")
    this.name = "OutOfBudgetError"
  }
}

/** What may be spent on a number of expressions together. */
export class CostBudget {
  #left: number

  constructor(units: number) {
    this.#left = units
  }

  /** Throws `OutOfBudgetError` when it is more than what is left. */
  spend(cost: number): void {
    if (cost > this.#left) throw new OutOfBudgetError()
    this.#left -= cost
  }

  get left(): number {
    return this.#left
  }
}

/** Throws `OutOfBudgetError`. `variables` are those that the expression can see, whose cost counts too. */
export function evaluateAdmissionExpression(
  expression: AdmissionExpression,
  activation: Activation,
  time: EvaluationTime,
  budget: CostBudget,
  variables?: AdmissionVariableValues,
): AdmissionResult {
  if ("error" in expression) return { error: `compilation error: ${expression.error}` }
  const evaluation = time.evaluate(expression.program, activation)
  budget.spend(variables?.takeCost() ?? 0)
  budget.spend(evaluation.cost)
  if (evaluation.ok) return { value: evaluation.value }
  return { error: `expression '${expression.source}' resulted in error: ${evaluation.error.message}` }
}

/** The value of `variables`: each variable is computed when it is first asked for, and once per request. */
export class AdmissionVariableValues extends CelObject {
  readonly type = variablesType
  readonly #expressions: ReadonlyMap<string, AdmissionExpression>
  readonly #activation: Activation
  readonly #time: EvaluationTime
  readonly #values = new Map<string, CelResult>()
  #cost = 0

  constructor(expressions: ReadonlyMap<string, AdmissionExpression>, activation: Activation, time: EvaluationTime) {
    super()
    this.#time = time
    this.#expressions = expressions
    this.#activation = activation
  }

  equals(other: CelValue): boolean {
    return this === other
  }

  override field(name: string): CelResult {
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const expression = this.#expressions.get(name)
    if (expression === undefined) return new CelError(`no such key: ${name}`)
    const value = this.#evaluate(name, expression)
    this.#values.set(name, value)
    return value
  }

  override hasField(name: string): boolean {
    return this.#expressions.has(name)
  }

  #evaluate(name: string, expression: AdmissionExpression): CelResult {
    if ("error" in expression) {
      return new CelError(`composited variable "${name}" fails to compile: ${expression.error}`)
    }
    const evaluation = this.#time.evaluate(expression.program, this.#activation)
    this.#cost += evaluation.cost
    if (evaluation.ok) return evaluation.value
    return new CelError(`composited variable "${name}" fails to evaluate: ${evaluation.error.message}`)
  }

  /** The cost since it was last taken. */
  takeCost(): number {
    const cost = this.#cost
    this.#cost = 0
    return cost
  }
}
