import type { Validation } from "../../../api/admissionregistration/v1/validating-admission-policy.ts"
import {
  type AdmissionResult,
  CostBudget,
  OutOfBudgetError,
} from "../../../machinery/cel/kubernetes/admission-expression.ts"
import { EVALUATED_MESSAGE_BYTES_MAX, RUNTIME_COST_BUDGET } from "../../../machinery/cel/kubernetes/limits.ts"
import { typeOf } from "../../../machinery/cel/values/type-of.ts"
import { evaluateConditions } from "../matching/conditions.ts"
import { Evaluation, type Situation } from "../matching/evaluation.ts"
import type { CompiledAnnotation, ValidationProgram } from "./validation-program.ts"

/** What became of one validation. `failed`: it could not be evaluated. */
export interface Decision {
  readonly admits: boolean
  readonly failed: boolean
  readonly message: string
  /** Empty for failures. */
  readonly reason: string
}

export type Annotation =
  | { readonly type: "publish"; readonly key: string; readonly value: string }
  | { readonly type: "error"; readonly message: string }

export interface ValidationOutcome {
  readonly decisions: readonly Decision[]
  readonly annotations: readonly Annotation[]
}

const NOTHING: ValidationOutcome = { decisions: [], annotations: [] }

/** Evaluates a policy for one request and one object of parameters. */
export function evaluateValidation(
  program: ValidationProgram,
  situation: Situation,
  failsOpen: boolean,
): ValidationOutcome {
  const failure = (message: string): Decision => ({ admits: failsOpen, failed: true, message, reason: "" })
  const alone = (message: string): ValidationOutcome => ({ decisions: [failure(message)], annotations: [] })
  const { variables } = program
  const conditions = evaluateConditions(program.conditions, situation, variables)
  if ("error" in conditions) return alone(conditions.error)
  if (!conditions.matches) return NOTHING
  try {
    const budget = new CostBudget(RUNTIME_COST_BUDGET)
    const evaluation = new Evaluation(situation, variables)
    const results = program.validations.map(({ expression }) => evaluation.evaluate(expression, budget))
    const messages = evaluateMessages(program, new Evaluation(situation, variables), budget)
    const decisions = program.validations.map(({ validation }, at): Decision => {
      const result = results[at] as AdmissionResult
      if ("error" in result) return failure(result.error)
      if ("error" in messages) return failure(`failed messageExpression: ${messages.error}`)
      if (result.value === true) return { admits: true, failed: false, message: "", reason: "" }
      const message = messageOf(validation, messages.results[at])
      return { admits: false, failed: false, message, reason: validation.reason ?? "Invalid" }
    })
    return { decisions, annotations: evaluateAnnotations(program, new Evaluation(situation, variables), failsOpen) }
  } catch (error) {
    if (error instanceof OutOfBudgetError) return alone(error.message)
    throw error
  }
}

type Messages = { readonly results: readonly (AdmissionResult | undefined)[] } | { readonly error: string }

function evaluateMessages({ validations }: ValidationProgram, evaluation: Evaluation, budget: CostBudget): Messages {
  try {
    return { results: validations.map(({ message }) => message && evaluation.evaluate(message, budget)) }
  } catch (error) {
    if (error instanceof OutOfBudgetError) return { error: error.message }
    throw error
  }
}

/** What the expression for it says, when that is usable; what the policy says; or else the failed expression. */
function messageOf({ message = "", expression }: Validation, result: AdmissionResult | undefined): string {
  const evaluated =
    result !== undefined && "value" in result && typeof result.value === "string" ? result.value.trim() : ""
  const isUsable = Buffer.byteLength(evaluated) <= EVALUATED_MESSAGE_BYTES_MAX && !evaluated.includes("\n")
  return (isUsable ? evaluated : "") || message.trim() || `failed expression: ${expression.trim()}`
}

function evaluateAnnotations(program: ValidationProgram, evaluation: Evaluation, failsOpen: boolean): Annotation[] {
  const budget = new CostBudget(RUNTIME_COST_BUDGET)
  return program.auditAnnotations.flatMap((one) =>
    annotationOf(one, evaluation.evaluate(one.expression, budget), failsOpen),
  )
}

function annotationOf(one: CompiledAnnotation, result: AdmissionResult, failsOpen: boolean): Annotation[] {
  if ("error" in result) return failsOpen ? [] : [{ type: "error", message: result.error }]
  const { value } = result
  if (value === null) return []
  if (typeof value !== "string") {
    const message = `valueExpression '${one.valueExpression}' resulted in unsupported return type: ${typeOf(value)}. Return type must be either string or null.`
    return [{ type: "error", message }]
  }
  const text = value.trim()
  return text === "" ? [] : [{ type: "publish", key: one.key, value: text }]
}
