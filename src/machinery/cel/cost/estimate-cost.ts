import type {
  CallExpression,
  CelAst,
  ComprehensionExpression,
  Expression,
  ListExpression,
  MapExpression,
  SelectExpression,
} from "../ast.ts"
import { ACCUMULATOR } from "../ast.ts"
import type { OverloadDeclaration } from "../declarations.ts"
import type { DeclaredNames } from "../declared-names.ts"
import { LIST_COST, MAP_COST, OBJECT_COST } from "./call-cost.ts"
import { standardEstimate } from "./call-estimate.ts"
import {
  add,
  type CallEstimate,
  COST_MAX,
  type CostEstimate,
  type CostEstimator,
  type CostNode,
  fixed,
  multiply,
  type SizeEstimate,
  union,
} from "./estimate.ts"
import { type EntrySize, Sizes, unionOfEntries } from "./sizes.ts"

const NONE = fixed(0)
/** Nothing has been joined to it yet. */
const EMPTY_UNION: SizeEstimate = { min: COST_MAX, max: 0 }

/** What evaluating a checked expression costs, from the least to the greatest, by cel-go's cost model. */
export function estimateCost(
  ast: CelAst,
  names: DeclaredNames,
  estimator: CostEstimator,
  presenceTestHasCost: boolean,
): CostEstimate {
  return new CostWalk(ast, names, estimator, presenceTestHasCost).cost(ast.expression)
}

class CostWalk {
  readonly #ast: CelAst
  readonly #names: DeclaredNames
  readonly #estimator: CostEstimator
  readonly #presenceTestCost: CostEstimate
  readonly #sizes: Sizes

  constructor(ast: CelAst, names: DeclaredNames, estimator: CostEstimator, presenceTestHasCost: boolean) {
    this.#ast = ast
    this.#names = names
    this.#estimator = estimator
    this.#presenceTestCost = fixed(presenceTestHasCost ? 1 : 0)
    this.#sizes = new Sizes(ast, estimator)
  }

  cost(expression: Expression): CostEstimate {
    switch (expression.kind) {
      case "literal":
        return NONE
      case "identifier":
        this.#sizes.setPath(expression, this.#sizes.local(expression.name)?.path ?? [expression.name])
        return fixed(1)
      case "select":
        return this.#select(expression)
      case "call":
        return this.#call(expression)
      case "list":
        return this.#list(expression)
      case "map":
        return this.#map(expression)
      case "struct":
        return this.#sum(
          expression.fields.map(({ value }) => value),
          OBJECT_COST,
        )
      case "comprehension":
        return isBinding(expression) ? this.#binding(expression) : this.#comprehension(expression)
    }
  }

  #sum(expressions: readonly Expression[], own: number): CostEstimate {
    return expressions.reduce((sum, expression) => add(sum, this.cost(expression)), fixed(own) as CostEstimate)
  }

  #select(expression: SelectExpression): CostEstimate {
    const operand = this.cost(expression.operand)
    if (expression.testOnly) return add(operand, this.#presenceTestCost)
    const { kind } = this.#sizes.type(expression.operand)
    this.#sizes.setPath(expression, [...this.#sizes.path(expression.operand), expression.field])
    return kind === "map" || kind === "object" || kind === "parameter" ? add(operand, fixed(1)) : operand
  }

  #call(call: CallExpression): CostEstimate {
    const [first] = call.arguments
    if (call.function === "dyn" && first !== undefined) {
      const cost = add(fixed(1), this.cost(first))
      this.#sizes.copy(call, first)
      return cost
    }
    const argumentCosts = call.arguments.map((argument) => this.cost(argument))
    const args = call.arguments.map((argument) => this.#sizes.node(argument))
    const overloads = this.#ast.references.get(call.id)?.overloads ?? []
    if (overloads.length === 0) return NONE
    const targetCost = call.target === undefined ? NONE : this.cost(call.target)
    const target = call.target === undefined ? undefined : this.#sizes.node(call.target)
    return add(targetCost, this.#overloads(call, overloads, target, args, argumentCosts))
  }

  /** From the cheapest overload that may apply to the dearest. */
  #overloads(
    call: CallExpression,
    ids: readonly string[],
    target: CostNode | undefined,
    args: readonly CostNode[],
    argumentCosts: readonly CostEstimate[],
  ): CostEstimate {
    let cost: CostEstimate = EMPTY_UNION
    let resultSize: SizeEstimate | undefined
    for (const id of ids) {
      const estimate = this.#estimateCall(call, id, target, args)
      cost = union(cost, add(estimate.cost, combinedCost(id, argumentCosts)))
      if (estimate.resultSize !== undefined) {
        resultSize = resultSize === undefined ? estimate.resultSize : union(resultSize, estimate.resultSize)
      }
      const [container] = call.arguments
      if ((id === "index_list" || id === "index_map") && container !== undefined) {
        resultSize = this.#sizes.entrySize(container)?.value
        this.#sizes.setPath(call, [...this.#sizes.path(container), id === "index_list" ? "@items" : "@values"])
      }
      resultSize ??= this.#sizes.size(call)
    }
    this.#sizes.setSize(call, resultSize)
    return cost
  }

  #estimateCall(
    call: CallExpression,
    id: string,
    target: CostNode | undefined,
    args: readonly CostNode[],
  ): CallEstimate {
    const own = this.#overload(call.function, id)?.estimateCost
    const estimateSize = (node: CostNode) => node.computedSize ?? this.#estimator.estimateSize(node)
    const special = own?.(estimateSize, target, args) ?? this.#estimator.estimateCall(call.function, id, target, args)
    if (special !== undefined) return special
    this.#joinEntries(call, id)
    return standardEstimate(id, target, args)
  }

  #overload(name: string, id: string): OverloadDeclaration | undefined {
    return this.#names.findFunction(name)?.overloads.find((overload) => overload.id === id)
  }

  /** What comes of two lists or maps has entries as large as either's. */
  #joinEntries(call: CallExpression, id: string): void {
    const [a, b, c] = call.arguments
    const [x, y] = id === "conditional" ? [b, c] : [a, b]
    if (x === undefined || y === undefined) return
    if (id !== "conditional" && id !== "add_string" && id !== "add_bytes" && id !== "add_list") return
    this.#sizes.setEntrySize(call, unionOfEntries(this.#sizes.entrySize(x), this.#sizes.entrySize(y)))
  }

  #list(expression: ListExpression): CostEstimate {
    const cost = this.#sum(expression.elements, LIST_COST)
    this.#sizes.setEntrySize(expression, {
      container: "list",
      key: fixed(1),
      value: this.#unionOfSizes(expression.elements),
    })
    return cost
  }

  #map(expression: MapExpression): CostEstimate {
    const keys = expression.entries.map(({ key }) => key)
    const values = expression.entries.map(({ value }) => value)
    const cost = this.#sum([...keys, ...values], MAP_COST)
    this.#sizes.setEntrySize(expression, {
      container: "map",
      key: this.#unionOfSizes(keys),
      value: this.#unionOfSizes(values),
    })
    return cost
  }

  #unionOfSizes(expressions: readonly Expression[]): SizeEstimate {
    if (expressions.length === 0) return NONE
    return expressions.reduce((size, part) => union(size, this.#sizes.sizeOrUnknown(part)), EMPTY_UNION)
  }

  #binding(expression: ComprehensionExpression): CostEstimate {
    const before = add(this.cost(expression.range), this.cost(expression.accumulatorInitial))
    this.#pushAccumulator(expression)
    const result = this.cost(expression.result)
    this.#sizes.pop(expression.accumulator)
    this.#sizes.copy(expression, expression.result)
    return add(before, result)
  }

  #comprehension(expression: ComprehensionExpression): CostEstimate {
    const { range, variable, variable2 } = expression
    const before = add(this.cost(range), this.cost(expression.accumulatorInitial))
    this.#pushAccumulator(expression)
    this.#pushVariables(expression)
    const each = add(this.cost(expression.condition), this.cost(expression.step))
    this.#sizes.pop(variable)
    if (variable2 !== undefined) this.#sizes.pop(variable2)
    const result = this.cost(expression.result)
    this.#sizes.pop(expression.accumulator)
    const count = this.#sizes.sizeOrUnknown(range)
    this.#setResultSize(expression, count)
    return add(add(before, result), multiply(count, each))
  }

  #setResultSize(expression: ComprehensionExpression, count: SizeEstimate): void {
    const { kind } = expression.accumulatorInitial
    if (kind === "literal") this.#sizes.setSize(expression, this.#sizes.size(expression.accumulatorInitial))
    if (kind !== "list" && kind !== "map") return
    this.#sizes.setSize(expression, count)
    this.#sizes.setEntrySize(expression, this.#sizes.entrySize(expression.step))
  }

  #pushAccumulator({ accumulator, accumulatorInitial }: ComprehensionExpression): void {
    this.#sizes.push(accumulator, {
      path: this.#sizes.path(accumulatorInitial),
      size: this.#sizes.size(accumulatorInitial),
      entrySize: this.#sizes.entrySize(accumulatorInitial),
    })
  }

  #pushVariables({ range, variable, variable2 }: ComprehensionExpression): void {
    const entries = this.#sizes.entrySize(range)
    const isList = (entries?.container ?? this.#sizes.type(range).kind) === "list"
    if (variable2 === undefined) {
      this.#pushPart(variable, range, isList ? "@items" : "@keys", isList ? entries?.value : entries?.key)
      return
    }
    this.#pushPart(variable, range, isList ? "@indices" : "@keys", entries?.key)
    this.#pushPart(variable2, range, isList ? "@items" : "@values", entries?.value)
  }

  #pushPart(name: string, range: Expression, part: string, size: EntrySize["key"] | undefined): void {
    this.#sizes.push(name, { path: [...this.#sizes.path(range), part], size, entrySize: undefined })
  }
}

/** The loop of `cel.bind`, which never runs. */
function isBinding({ range, condition, accumulator }: ComprehensionExpression): boolean {
  const empty = range.kind === "list" && range.elements.length === 0
  return empty && condition.kind === "literal" && condition.value === false && accumulator !== ACCUMULATOR
}

/** Of the arguments: not all of them are evaluated by operators of logic. */
function combinedCost(id: string, costs: readonly CostEstimate[]): CostEstimate {
  const [a = NONE, b = NONE, c = NONE] = costs
  if (id === "logical_and" || id === "logical_or") return { min: a.min, max: add(a, b).max }
  if (id === "conditional") return add(a, union(b, c))
  return costs.reduce(add, NONE)
}
