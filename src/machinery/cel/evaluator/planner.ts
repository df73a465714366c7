import { compileRegex } from "../../regex/regex.ts"
import {
  ACCUMULATOR,
  type CallExpression,
  type CelAst,
  type ComprehensionExpression,
  type Expression,
  type SelectExpression,
} from "../ast.ts"
import type { OverloadDeclaration } from "../declarations.ts"
import type { DeclaredFunction, DeclaredNames } from "../declared-names.ts"
import { CelError } from "../error.ts"
import { Operator } from "../operators.ts"
import { qualifiedName } from "../parser/grammar.ts"
import type { ProgramOptions } from "../program.ts"
import { planCall, planLogic, planNotStrictlyFalse, planOptionalOr } from "./calls.ts"
import { planComprehension } from "./comprehension.ts"
import { planList, planMap, planObject } from "./construct.ts"
import { foldConversion, foldLiteral, membershipOf } from "./folding.ts"
import type { Evaluate } from "./frame.ts"
import { Locals } from "./locals.ts"
import { type Attribute, addQualifier, evaluator, type Plan, type Qualifier, resolve } from "./plan.ts"

/** Accumulator and two variables. */
const SLOTS_PER_COMPREHENSION = 3

/** Turns an expression into functions that evaluate it. Throws PlanError when it can never be evaluated. */
export function planExpression(ast: CelAst, names: DeclaredNames, options: ProgramOptions): Evaluate {
  return new Planner(ast, names, options).evaluate(ast.expression, Locals.none)
}

class Planner {
  readonly #ast: CelAst
  readonly #names: DeclaredNames
  readonly #options: ProgramOptions
  readonly #optimize: boolean

  constructor(ast: CelAst, names: DeclaredNames, options: ProgramOptions) {
    this.#ast = ast
    this.#names = names
    this.#options = options
    this.#optimize = options.optimize ?? true
  }

  evaluate(expression: Expression, locals: Locals): Evaluate {
    return this.#evaluator(this.#plan(expression, locals))
  }

  #evaluator(plan: Plan): Evaluate {
    return evaluator(plan, this.#options.presenceTestHasCost ?? false)
  }

  #plan(expression: Expression, locals: Locals): Plan {
    switch (expression.kind) {
      case "literal":
        return { kind: "constant", value: expression.value }
      case "identifier":
        return this.#identifier(expression.id, expression.name, locals)
      case "select":
        return this.#select(expression, locals)
      case "call":
        return this.#call(expression, locals)
      case "list": {
        const optional = new Set(expression.optionalIndices)
        const plans = expression.elements.map((element) => this.#plan(element, locals))
        const list = planList(plans.map((plan, i) => ({ evaluate: this.#evaluator(plan), optional: optional.has(i) })))
        return this.#literal(list, plans)
      }
      case "map": {
        const plans = expression.entries.map((entry) => ({
          key: this.#plan(entry.key, locals),
          value: this.#plan(entry.value, locals),
          optional: entry.optional,
        }))
        const map = planMap(
          plans.map(({ key, value, optional }) => ({
            key: this.#evaluator(key),
            value: this.#evaluator(value),
            optional,
          })),
        )
        return this.#literal(
          map,
          plans.flatMap(({ key, value }) => [key, value]),
        )
      }
      case "struct": {
        const { typeName } = expression
        const known = this.#names.candidates(typeName).find((name) => this.#names.findType(name) !== undefined)
        const provider = known === undefined ? undefined : this.#names.providerOf(known)
        const fields = expression.fields.map(({ name, value, optional }) => ({
          name,
          value: this.evaluate(value, locals),
          optional,
        }))
        const create = provider?.create?.bind(provider, known ?? typeName)
        const refuse = () => new CelError(`unknown type: ${typeName}`)
        return { kind: "computed", evaluate: planObject(fields, create ?? refuse) }
      }
      case "comprehension":
        return { kind: "computed", evaluate: this.#comprehension(expression, locals) }
    }
  }

  #literal(evaluate: Evaluate, parts: readonly Plan[]): Plan {
    const constant = this.#optimize && parts.every(({ kind }) => kind === "constant")
    return constant ? foldLiteral(evaluate) : { kind: "computed", evaluate }
  }

  #identifier(id: number, name: string, locals: Locals): Plan {
    const slot = locals.slot(name)
    if (slot !== undefined) return path((frame) => frame.local(slot))
    const reference = this.#ast.references.get(id)
    if (reference?.value !== undefined) return { kind: "constant", value: reference.value }
    if (this.#ast.checked) return path((frame) => frame.variable(reference?.name ?? name))
    return this.#uncheckedName(name) ?? path((frame) => frame.variable(name))
  }

  /** What an expression that was not checked may mean by a name, in its namespace. */
  #uncheckedName(name: string): Plan | undefined {
    const candidates = this.#names.candidates(name)
    for (const candidate of candidates) {
      const found = this.#names.find(candidate)
      if (found?.value !== undefined) return { kind: "constant", value: found.value }
      if (found !== undefined) return path((frame) => frame.variable(candidate))
    }
    return undefined
  }

  #select(expression: SelectExpression, locals: Locals): Plan {
    const reference = this.#ast.references.get(expression.id)
    if (reference?.value !== undefined) return { kind: "constant", value: reference.value }
    const name = this.#ast.checked ? undefined : qualifiedName(expression)
    if (name !== undefined && !locals.holds(name)) {
      const named = this.#uncheckedName(name)
      if (named !== undefined) return named
    }
    const attribute = this.#attribute(this.#plan(expression.operand, locals))
    const { field: key, testOnly } = expression
    addQualifier(attribute, { key, optional: false, testOnly })
    return { kind: "attribute", attribute, testOnly }
  }

  /** The way into a value. What has been computed becomes the start of one. */
  #attribute(plan: Plan): Attribute {
    if (plan.kind === "attribute" && !plan.testOnly) return plan.attribute
    return { kind: "path", root: this.#evaluator(plan), qualifiers: [] }
  }

  #index(call: CallExpression, locals: Locals, optional: boolean): Plan {
    const [operand, index] = call.arguments as readonly [Expression, Expression]
    const attribute = this.#attribute(this.#plan(operand, locals))
    const key = this.#plan(index, locals)
    addQualifier(attribute, { key: this.#key(key), optional, testOnly: false })
    return { kind: "attribute", attribute, testOnly: false }
  }

  /** A key that is an attribute costs what its qualifiers do, but not itself. */
  #key(plan: Plan): Qualifier["key"] {
    if (plan.kind === "constant") return plan.value
    if (plan.kind !== "attribute" || plan.testOnly) return this.#evaluator(plan)
    const { attribute } = plan
    return (frame) => resolve(attribute, frame)
  }

  #call(call: CallExpression, locals: Locals): Plan {
    switch (call.function) {
      case Operator.index:
        return this.#index(call, locals, false)
      case Operator.optionalIndex:
      case Operator.optionalSelect:
        return this.#index(call, locals, true)
      case Operator.conditional:
        return this.#conditional(call, locals)
      case Operator.and:
      case Operator.or: {
        const terms = call.arguments.map((argument) => this.evaluate(argument, locals))
        return { kind: "computed", evaluate: planLogic(terms, call.function === Operator.or) }
      }
      case Operator.notStrictlyFalse: {
        const [argument] = call.arguments as readonly [Expression]
        return { kind: "computed", evaluate: planNotStrictlyFalse(this.evaluate(argument, locals)) }
      }
      default:
        return this.#functionCall(call, locals)
    }
  }

  #conditional(call: CallExpression, locals: Locals): Plan {
    const [condition, whenTrue, whenFalse] = call.arguments as readonly [Expression, Expression, Expression]
    const attribute: Attribute = {
      kind: "conditional",
      condition: this.evaluate(condition, locals),
      whenTrue: this.#attribute(this.#plan(whenTrue, locals)),
      whenFalse: this.#attribute(this.#plan(whenFalse, locals)),
    }
    return { kind: "attribute", attribute, testOnly: false }
  }

  #functionCall(call: CallExpression, locals: Locals): Plan {
    const { declared, target } = this.#declaredFunction(call, locals)
    const name = declared?.name ?? call.function
    const expressions = target === undefined ? call.arguments : [target, ...call.arguments]
    const plans = expressions.map((argument) => this.#plan(argument, locals))
    const args = plans.map((plan) => this.#evaluator(plan))
    const overloads = this.#overloads(call, declared, target !== undefined)
    const [first, second] = args
    const [id] = overloads.length === 1 ? [overloads[0]?.id] : []
    if (first !== undefined && second !== undefined) {
      if (name === "or" && (id ?? "optional_or_optional") === "optional_or_optional") {
        return { kind: "computed", evaluate: planOptionalOr(first, second, false) }
      }
      if (name === "orValue" && (id ?? "optional_orValue_value") === "optional_orValue_value") {
        return { kind: "computed", evaluate: planOptionalOr(first, second, true) }
      }
    }
    const stopsAtError = this.#optimize && name === "matches" && isPattern(plans[1])
    const evaluate = planCall({ name, args, overloads, stopsAtError }, this.#options.callCost)
    const planned = { kind: "computed", evaluate } as const
    return this.#optimize ? this.#optimized(planned, name, id, plans) : planned
  }

  /** What can be computed before the evaluation is. */
  #optimized(planned: Plan & { kind: "computed" }, name: string, id: string | undefined, args: readonly Plan[]): Plan {
    const [first, second] = args
    if (id === "in_list" && first !== undefined && second?.kind === "constant") {
      return membershipOf(this.#evaluator(first), second.value) ?? planned
    }
    if (args.length === 1 && first?.kind === "constant") return foldConversion(name, planned)
    return planned
  }

  /** An expression that was checked says what it means; otherwise `a.f()` may be the function `a.f`. */
  #declaredFunction(
    call: CallExpression,
    locals: Locals,
  ): { declared: DeclaredFunction | undefined; target: Expression | undefined } {
    if (!this.#ast.checked && call.target !== undefined) {
      const prefix = qualifiedName(call.target)
      const qualified =
        prefix === undefined || locals.holds(prefix)
          ? undefined
          : this.#names.findFunction(`${prefix}.${call.function}`)
      if (qualified !== undefined) return { declared: qualified, target: undefined }
    }
    return { declared: this.#names.findFunction(call.function), target: call.target }
  }

  #overloads(
    call: CallExpression,
    declared: DeclaredFunction | undefined,
    receiver: boolean,
  ): readonly OverloadDeclaration[] {
    if (declared === undefined) return []
    const ids = this.#ast.references.get(call.id)?.overloads
    return declared.overloads.filter((overload) =>
      ids === undefined ? (overload.receiver ?? false) === receiver : ids.includes(overload.id),
    )
  }

  #comprehension(expression: ComprehensionExpression, locals: Locals): Evaluate {
    const accumulator = locals.next
    // The first value may be computed as late as in the loop, so it must not use the loop's places.
    const outside = locals.reserve(SLOTS_PER_COMPREHENSION)
    const result = outside.with(expression.accumulator, accumulator)
    let inside = result.with(expression.variable, accumulator + 1)
    if (expression.variable2 !== undefined) inside = inside.with(expression.variable2, accumulator + 2)
    return planComprehension({
      range: this.evaluate(expression.range, outside),
      initial: this.evaluate(expression.accumulatorInitial, outside),
      condition: this.evaluate(expression.condition, inside),
      step: this.evaluate(expression.step, inside),
      result: this.evaluate(expression.result, result),
      accumulator,
      variable: accumulator + 1,
      variable2: expression.variable2 === undefined ? undefined : accumulator + 2,
      collects: expression.accumulator === ACCUMULATOR && isEmptyLiteral(expression.accumulatorInitial),
    })
  }
}

/** Whether a regular expression is known already. Throws RegexError when it is none. */
function isPattern(plan: Plan | undefined): boolean {
  if (plan?.kind !== "constant" || typeof plan.value !== "string") return false
  compileRegex(plan.value)
  return true
}

function isEmptyLiteral(expression: Expression): boolean {
  if (expression.kind === "list") return expression.elements.length === 0
  return expression.kind === "map" && expression.entries.length === 0
}

function path(root: Evaluate): Plan {
  return { kind: "attribute", attribute: { kind: "path", root, qualifiers: [] }, testOnly: false }
}
