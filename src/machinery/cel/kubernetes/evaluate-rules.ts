import * as field from "../../field/error.ts"
import { type FieldError, formatFieldError } from "../../field/error.ts"
import type { FieldPath } from "../../field/path.ts"
import { quote } from "../../field/quote.ts"
import { byteLength } from "../../names/rules.ts"
import type { ValidationRule } from "../../structural/structural-schema.ts"
import { type Activation, activationOf } from "../activation.ts"
import { trimSpace } from "../ext/text.ts"
import { jsonToCel } from "../json/json-value.ts"
import type { CelProgram, Evaluation } from "../program.ts"
import { CelOptional, type CelResult, type CelValue } from "../value.ts"
import type { EvaluationTime } from "./evaluation-time.ts"
import { EVALUATED_MESSAGE_BYTES_MAX, RUNTIME_COST_BUDGET } from "./limits.ts"
import type { CompiledRule } from "./validation-rule.ts"
import type { RuleNode, RulePlace } from "./validation-rules.ts"

/** One evaluation of all rules for an object: what they may still cost together, and what was found. */
export class RuleRun {
  readonly errors: FieldError[] = []
  readonly warn: (text: string) => void
  readonly #time: EvaluationTime
  #budget = RUNTIME_COST_BUDGET
  #isOver = false

  constructor(warn: (text: string) => void, time: EvaluationTime) {
    this.warn = warn
    this.#time = time
  }

  evaluate(program: CelProgram, activation: Activation): Evaluation {
    return this.#time.evaluate(program, activation)
  }

  /** No further rules are to be evaluated. */
  get isOver(): boolean {
    return this.#isOver
  }

  get isSpent(): boolean {
    return this.#budget <= 0
  }

  /** False when it is more than what is left; then nothing is taken. */
  spend(cost: number): boolean {
    if (cost > this.#budget) return false
    this.#budget -= cost
    return true
  }

  /** Reports the error that ends it all. */
  end(error: FieldError): void {
    this.errors.push(error)
    this.stop()
  }

  stop(): void {
    this.#isOver = true
  }
}

const OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"

/** Evaluates the rules of one schema for one value that is not null. */
export function evaluateRules(node: RuleNode, place: RulePlace, run: RuleRun): void {
  if (node.rules.length === 0) return
  if (run.isSpent) return run.end(field.invalid(place.path, node.schema.type, OUT_OF_BUDGET))
  const values = new RuleValues(node, place)
  for (const compiled of node.rules) {
    evaluateRule(compiled, node, place, values, run)
    if (run.isOver) return
  }
}

/** The variables, made when a rule first needs them and shared by the rules of one value. */
class RuleValues {
  readonly hasOld: boolean
  readonly plain: Activation
  readonly optional: Activation

  constructor({ shape }: RuleNode, { value, old }: RulePlace) {
    this.hasOld = old !== undefined && old !== null
    const self = once(() => jsonToCel(value, shape))
    const oldSelf = once(() => jsonToCel(old, shape))
    const optional = (): CelResult => (this.hasOld ? optionalOf(oldSelf()) : CelOptional.none)
    this.plain = activationOf(this.hasOld ? [variable("self", self), variable("oldSelf", oldSelf)] : [["self", self]])
    this.optional = activationOf([variable("self", self), variable("oldSelf", optional)])
  }
}

const variable = (name: string, make: () => CelResult): readonly [string, () => CelResult] => [name, make]

function optionalOf(value: CelResult): CelResult {
  return new CelOptional(value as CelValue)
}

function once(make: () => CelResult): () => CelResult {
  let made: CelResult | undefined
  return () => {
    made ??= make()
    return made
  }
}

function evaluateRule(
  compiled: CompiledRule,
  { schema }: RuleNode,
  place: RulePlace,
  values: RuleValues,
  run: RuleRun,
): void {
  const { rule, program, error } = compiled
  const { path } = place
  if (error !== undefined) {
    run.errors.push(field.invalid(path, schema.type, `rule compile error: ${error}`))
    return
  }
  const isOptional = rule.optionalOldSelf === true
  // Without a state before there is nothing that a transition rule could compare with.
  if (program === undefined || (compiled.usesOldSelf && !values.hasOld && !isOptional)) return
  const evaluation = run.evaluate(program, isOptional ? values.optional : values.plain)
  if (!run.spend(evaluation.cost)) return run.end(field.invalid(path, schema.type, OUT_OF_BUDGET))
  if (!evaluation.ok) {
    const failed = field.invalid(path, schema.type, describeFailure(evaluation, rule))
    if (evaluation.stopped === "cost") run.end(failed)
    else run.errors.push(failed)
    return
  }
  if (evaluation.value !== true) reportFailedRule(compiled, place, schema.type, values, run)
}

function describeFailure({ error }: Extract<Evaluation, { ok: false }>, rule: ValidationRule): string {
  const { message } = error
  if (message.startsWith("no such overload")) {
    const why = "call arguments did not match a supported operator, function or macro signature for rule"
    return `'${message}': ${why}: ${describeRule(rule)}`
  }
  if (message.startsWith("operation cancelled: actual cost limit exceeded")) {
    const why = "no further validation rules will be run due to call cost exceeds limit for rule"
    return `'${message}': ${why}: ${describeRule(rule)}`
  }
  return `${message} evaluating rule: ${describeRule(rule)}`
}

const describeRule = ({ rule, message = "" }: ValidationRule) => trimSpace(message === "" ? rule : message)

function reportFailedRule(
  compiled: CompiledRule,
  { path, value, correlation }: RulePlace,
  type: string,
  values: RuleValues,
  run: RuleRun,
): void {
  const { rule } = compiled
  const at = compiled.fieldPath === "" ? path : path.child(compiled.fieldPath)
  const report = (error: FieldError) => {
    // What was wrong before and did not change may stay; a transition is never unchanged.
    if (!compiled.usesOldSelf && correlation.isUnchanged) run.warn(formatFieldError(error))
    else run.errors.push(error)
  }
  const message = evaluateMessage(compiled, values, run)
  if (message?.fatal !== undefined) {
    report(field.invalid(at, type, message.fatal))
    run.stop()
    return
  }
  const { message: fixed = "" } = rule
  const detail = message?.text ?? (fixed === "" ? `failed rule: ${describeRule(rule)}` : trimSpace(fixed))
  report(errorForReason(rule, at, type === "object" || type === "array" ? undefined : value, detail))
}

/** `fatal` ends the evaluation of all rules; neither of both means that the rule's own message is used. */
interface Message {
  readonly text?: string
  readonly fatal?: string
}

function evaluateMessage(
  { messageProgram, rule }: CompiledRule,
  values: RuleValues,
  run: RuleRun,
): Message | undefined {
  if (messageProgram === undefined) return undefined
  const source = quote(rule.messageExpression ?? "")
  const evaluation = run.evaluate(messageProgram, rule.optionalOldSelf === true ? values.optional : values.plain)
  if (!run.spend(evaluation.cost)) {
    const why = "messageExpression evaluation failed due to running out of cost budget"
    return { fatal: `${why}, no further validation rules will be run` }
  }
  if (!evaluation.ok) {
    if (evaluation.stopped !== "cost") return undefined
    const why = "no further validation rules will be run due to call cost exceeds limit for messageExpression"
    return { fatal: `${why}: ${source}` }
  }
  if (typeof evaluation.value !== "string") return undefined
  const text = trimSpace(evaluation.value)
  const isUsable = text !== "" && !text.includes("\n") && byteLength(text) <= EVALUATED_MESSAGE_BYTES_MAX
  return isUsable ? { text } : undefined
}

/** `value` is undefined where it is too large to be shown. */
function errorForReason({ reason }: ValidationRule, at: FieldPath, value: unknown, detail: string): FieldError {
  switch (reason) {
    case "FieldValueForbidden":
      return field.forbidden(at, detail)
    case "FieldValueRequired":
      return field.required(at, detail)
    case "FieldValueDuplicate":
      return value === undefined ? field.duplicateUnshown(at) : field.duplicate(at, value)
    default:
      return value === undefined ? field.invalidUnshown(at, detail) : field.invalid(at, value, detail)
  }
}
