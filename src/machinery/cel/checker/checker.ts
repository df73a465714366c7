import type {
  CallExpression,
  CelAst,
  ComprehensionExpression,
  Expression,
  ListExpression,
  MapExpression,
  Reference,
  SelectExpression,
} from "../ast.ts"
import type { DeclaredFunction, DeclaredNames } from "../declared-names.ts"
import type { IssueList } from "../issues.ts"
import { Operator } from "../operators.ts"
import { qualifiedName } from "../parser/grammar.ts"
import {
  boolType,
  type CelType,
  dynType,
  errorType,
  intType,
  isDynamic,
  isOptionalType,
  listOf,
  mapOf,
  optionalOf,
  parameterOf,
  typeParameter,
} from "../types.ts"
import { typeOf } from "../values/type-of.ts"
import { resolveOverload } from "./overload-resolution.ts"
import { Scope } from "./scope.ts"
import { checkStruct } from "./struct.ts"
import { mostGeneral, Substitution } from "./substitution.ts"

/** Types of more parts than this are refused; no expression that is meant well comes near. */
const TYPE_WEIGHT_MAX = 10_000

/** Finds the types of all parts of an expression. Reports what does not fit; the result is usable when nothing was. */
export function checkExpression(
  ast: CelAst,
  names: DeclaredNames,
  issues: IssueList,
): CelAst & { readonly resultType: CelType } {
  const checker = new Checker(ast, names, issues)
  const expression = checker.check(ast.expression)
  const types = new Map<number, CelType>()
  for (const [id, type] of checker.types) types.set(id, checker.substitution.apply(type, true))
  const resultType = types.get(expression.id) ?? dynType
  return { ...ast, expression, checked: true, types, references: checker.references, resultType }
}

/** The walk over one expression. Names that stand for something else are replaced in the tree on the way. */
export class Checker {
  readonly types = new Map<number, CelType>()
  readonly references = new Map<number, Reference>()
  readonly substitution = new Substitution()
  readonly names: DeclaredNames
  readonly #ast: CelAst
  readonly #issues: IssueList
  #scope: Scope
  #variableCount = 0

  constructor(ast: CelAst, names: DeclaredNames, issues: IssueList) {
    this.names = names
    this.#ast = ast
    this.#issues = issues
    this.#scope = new Scope(names)
  }

  check(expression: Expression): Expression {
    switch (expression.kind) {
      case "literal":
        this.types.set(expression.id, typeOf(expression.value))
        return expression
      case "identifier":
        return this.#name(expression, expression.name) ?? this.#undeclared(expression, expression.name)
      case "select":
        return this.#select(expression)
      case "call":
        return this.#call(expression)
      case "list":
        return this.#list(expression)
      case "map":
        return this.#map(expression)
      case "struct":
        return checkStruct(this, expression)
      case "comprehension":
        return this.#comprehension(expression)
    }
  }

  typeOf(expression: Expression): CelType {
    return this.types.get(expression.id) ?? errorType
  }

  find(name: string) {
    return this.#scope.find(name)
  }

  report(id: number, message: string): void {
    this.#issues.report(this.#ast.positions.get(id), message)
  }

  newVariable(): CelType {
    return typeParameter(`_var${this.#variableCount++}`)
  }

  setType(expression: Expression, type: CelType): void {
    const fits = type.weight <= TYPE_WEIGHT_MAX
    if (!fits) this.report(expression.id, `type of more than ${TYPE_WEIGHT_MAX} parts`)
    this.types.set(expression.id, fits ? type : errorType)
  }

  /** Reports and gives what to go on with. */
  #undeclared<E extends Expression>(expression: E, name: string): E {
    this.report(expression.id, `undeclared reference to '${name}' (in container '${this.names.container}')`)
    this.types.set(expression.id, errorType)
    return expression
  }

  #name(expression: Expression, name: string): Expression | undefined {
    const found = this.find(name)
    if (found === undefined) return undefined
    this.setType(expression, found.type)
    this.references.set(expression.id, found.value === undefined ? { name: found.name } : found)
    return { kind: "identifier", id: expression.id, name: found.name }
  }

  #select(expression: SelectExpression): Expression {
    const name = qualifiedName(expression)
    const named = name === undefined ? undefined : this.#name(expression, name)
    if (named !== undefined) return named
    const operand = this.check(expression.operand)
    const type = this.#fieldType(expression, operand, expression.field, false)
    this.setType(expression, expression.testOnly ? boolType : type)
    return { ...expression, operand }
  }

  #fieldType(expression: Expression, operand: Expression, field: string, optional: boolean): CelType {
    const operandType = this.substitution.apply(this.typeOf(operand))
    const wrapped = isOptionalType(operandType)
    const target = wrapped ? parameterOf(operandType, 0) : operandType
    const type = this.#memberType(expression, target, field)
    return this.substitution.apply(wrapped || optional ? optionalOf(type) : type)
  }

  #memberType(expression: Expression, target: CelType, field: string): CelType {
    switch (target.kind) {
      case "map":
        return parameterOf(target, 1)
      case "object":
        return this.declaredField(expression.id, target.name, field) ?? errorType
      case "parameter":
        // Nothing is known of it, and nothing more is to be found out.
        this.substitution.assignable(dynType, target)
        return dynType
      case "dyn":
      case "any":
      case "error":
        return dynType
      default:
        this.report(expression.id, `type '${target}' does not support field selection`)
        return dynType
    }
  }

  declaredField(id: number, typeName: string, field: string): CelType | undefined {
    const provider = this.names.providerOf(typeName)
    if (provider === undefined) this.report(id, `unexpected failed resolution of '${typeName}'`)
    const found = provider?.findField(typeName, field)
    if (provider !== undefined && found === undefined) this.report(id, `undefined field '${field}'`)
    return found?.type
  }

  #call(expression: CallExpression): Expression {
    if (expression.function === Operator.optionalSelect) return this.#optionalSelect(expression)
    const args = expression.arguments.map((argument) => this.check(argument))
    if (expression.target === undefined) {
      const found = this.names.findFunction(expression.function)
      const call = { ...expression, arguments: args }
      if (found === undefined) return this.#undeclared(call, expression.function)
      return this.#resolve({ ...call, function: found.name }, found)
    }
    const prefix = qualifiedName(expression.target)
    const qualified = prefix === undefined ? undefined : this.names.findFunction(`${prefix}.${expression.function}`)
    if (qualified !== undefined) {
      return this.#resolve({ ...expression, target: undefined, function: qualified.name, arguments: args }, qualified)
    }
    const call = { ...expression, target: this.check(expression.target), arguments: args }
    const found = this.names.findFunction(expression.function)
    return found === undefined ? this.#undeclared(call, expression.function) : this.#resolve(call, found)
  }

  #resolve(call: CallExpression, declared: DeclaredFunction): Expression {
    const resolved = resolveOverload(this, call, declared)
    this.setType(call, resolved?.type ?? errorType)
    if (resolved !== undefined) this.references.set(call.id, { overloads: resolved.overloads })
    return call
  }

  #optionalSelect(expression: CallExpression): Expression {
    const [operand, field] = expression.arguments
    if (operand === undefined || field?.kind !== "literal" || typeof field.value !== "string") return expression
    const checked = this.check(operand)
    this.check(field)
    this.setType(expression, this.#fieldType(expression, checked, field.value, true))
    this.references.set(expression.id, { overloads: ["select_optional_field"] })
    return { ...expression, arguments: [checked, field] }
  }

  #list(expression: ListExpression): Expression {
    const optional = new Set(expression.optionalIndices)
    const elements = expression.elements.map((element) => this.check(element))
    let type: CelType | undefined
    for (const [i, element] of elements.entries()) {
      const elementType = optional.has(i) ? this.unwrapOptional(element) : this.typeOf(element)
      type = this.#join(type, elementType)
    }
    this.setType(expression, listOf(type ?? this.newVariable()))
    return { ...expression, elements }
  }

  #map(expression: MapExpression): Expression {
    let keyType: CelType | undefined
    let valueType: CelType | undefined
    const entries = expression.entries.map((entry) => {
      const key = this.check(entry.key)
      keyType = this.#join(keyType, this.typeOf(key))
      const value = this.check(entry.value)
      valueType = this.#join(valueType, entry.optional ? this.unwrapOptional(value) : this.typeOf(value))
      return { ...entry, key, value }
    })
    this.setType(expression, mapOf(keyType ?? this.newVariable(), valueType ?? this.newVariable()))
    return { ...expression, entries }
  }

  /** The type within an optional, of an element that is written `?x`. */
  unwrapOptional(expression: Expression): CelType {
    const type = this.typeOf(expression)
    if (isOptionalType(type)) return parameterOf(type, 0)
    if (!isDynamic(type)) this.mismatch(expression, optionalOf(type), type)
    return type
  }

  /** Elements of several types make one of dyn; rules about literals may refuse that later. */
  #join(previous: CelType | undefined, current: CelType): CelType {
    if (previous === undefined) return current
    return this.substitution.assignable(previous, current) ? mostGeneral(previous, current) : dynType
  }

  mismatch(expression: Expression, expected: CelType, found: CelType): void {
    this.report(expression.id, `expected type '${expected}' but found '${found}'`)
  }

  #comprehension(expression: ComprehensionExpression): Expression {
    const range = this.check(expression.range)
    const accumulatorInitial = this.check(expression.accumulatorInitial)
    const accumulatorType = this.typeOf(accumulatorInitial)
    const outside = this.#scope
    const inside = outside.with([expression.accumulator, accumulatorType])
    const [first, second] = this.#variableTypes(range, expression.variable2 !== undefined)
    this.#scope = inside.with([expression.variable, first], [expression.variable2 ?? expression.variable, second])
    const condition = this.check(expression.condition)
    this.#assert(condition, boolType)
    const step = this.check(expression.step)
    this.#assert(step, accumulatorType)
    this.#scope = inside
    const result = this.check(expression.result)
    this.#scope = outside
    this.setType(expression, this.substitution.apply(this.typeOf(result)))
    return { ...expression, range, accumulatorInitial, condition, step, result }
  }

  /** Of both variables, or twice that of the only one. */
  #variableTypes(range: Expression, two: boolean): readonly [CelType, CelType] {
    const type = this.substitution.apply(this.typeOf(range))
    switch (type.kind) {
      case "list":
        return [two ? intType : parameterOf(type, 0), parameterOf(type, 0)]
      case "map":
        return [parameterOf(type, 0), parameterOf(type, two ? 1 : 0)]
      case "dyn":
      case "error":
      case "parameter":
        this.substitution.assignable(dynType, type)
        return [dynType, dynType]
      default:
        this.report(
          range.id,
          `expression of type '${type}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        )
        return [errorType, errorType]
    }
  }

  #assert(expression: Expression, expected: CelType): void {
    const type = this.typeOf(expression)
    if (!this.substitution.assignable(expected, type)) this.mismatch(expression, expected, type)
  }
}
