import type { Expression } from "../ast.ts"
import { Operator } from "../operators.ts"
import { FIELD_START, isNumber, PrimaryGrammar, startsExpression, TooDeep } from "./primary-grammar.ts"
import type { TokenKind } from "./token.ts"
import { EXPRESSION_START } from "./token-stream.ts"

const RELATIONS = new Map<TokenKind, string>([
  ["'<'", Operator.less],
  ["'<='", Operator.lessEquals],
  ["'>='", Operator.greaterEquals],
  ["'>'", Operator.greater],
  ["'=='", Operator.equals],
  ["'!='", Operator.notEquals],
  ["'in'", Operator.in],
])
const SUMS = new Map<TokenKind, string>([
  ["'+'", Operator.add],
  ["'-'", Operator.subtract],
])
const PRODUCTS = new Map<TokenKind, string>([
  ["'*'", Operator.multiply],
  ["'/'", Operator.divide],
  ["'%'", Operator.modulo],
])
const INDEX_START: ReadonlySet<TokenKind> = new Set<TokenKind>([...EXPRESSION_START, "'?'"])

type Rule = "expression" | "relation" | "calculation"

/**
 * CEL's grammar by recursive descent, https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax. Depth is
 * counted as in cel-go: how often rules are within themselves, and how deep the tree becomes.
 */
export class Grammar extends PrimaryGrammar {
  readonly #depth: Record<Rule, number> = { expression: 0, relation: 0, calculation: 0 }

  /** Throws SyntaxStop when it cannot be read on. */
  parse(): Expression {
    const expression = this.expression()
    this.tokens.expect("<EOF>", () => false)
    return expression
  }

  protected override expression(): Expression {
    return this.#nested("expression", () => {
      const condition = this.#or()
      const operator = this.tokens.takeIf("'?'")
      if (operator === undefined) return condition
      const whenTrue = this.within(["':'"], () => this.#or())
      this.tokens.expect("':'", startsExpression)
      const args = [condition, whenTrue, this.expression()]
      return this.measured(this.make.call(this.offset(operator), Operator.conditional, args), 1, args)
    })
  }

  #or(): Expression {
    return this.#logic("'||'", Operator.or, () => this.#logic("'&&'", Operator.and, () => this.#relation()))
  }

  /** A chain becomes a balanced tree, so that long ones are not deep. */
  #logic(kind: TokenKind, name: string, operand: () => Expression): Expression {
    const terms = [operand()]
    const offsets: number[] = []
    for (let token = this.tokens.takeIf(kind); token !== undefined; token = this.tokens.takeIf(kind)) {
      offsets.push(this.offset(token))
      terms.push(operand())
    }
    const tree = (low: number, high: number): Expression => {
      if (low > high) return terms[low] as Expression
      const middle = (low + high + 1) >> 1
      const args = [tree(low, middle - 1), tree(middle + 1, high)]
      return this.measured(this.make.call(offsets[middle] ?? 0, name, args), 0, args)
    }
    return tree(0, offsets.length - 1)
  }

  #relation(): Expression {
    const sum = () => this.#chain("calculation", SUMS, () => this.#products())
    return this.#nested("relation", () => this.#chain("relation", RELATIONS, () => this.#nested("calculation", sum)))
  }

  #products(): Expression {
    return this.#chain("calculation", PRODUCTS, () => this.#unary())
  }

  /** Operands behind an operator are a rule within the rule. */
  #chain(rule: Rule, operators: ReadonlyMap<TokenKind, string>, operand: () => Expression): Expression {
    let left = operand()
    for (;;) {
      const name = operators.get(this.tokens.current.kind)
      if (name === undefined) return left
      const offset = this.offset(this.tokens.take())
      const args = [left, this.#nested(rule, operand)]
      left = this.measured(this.make.call(offset, name, args), 1, args)
    }
  }

  #unary(): Expression {
    this.tokens.sync(EXPRESSION_START)
    const first = this.tokens.current
    const sign = first.kind === "'-'" && !isNumber(this.tokens.following)
    if (first.kind !== "'!'" && !sign) return this.#member()
    let count = 0
    while (this.tokens.is(first.kind)) {
      this.tokens.take()
      count++
    }
    if (first.kind === "'-'" && this.tokens.is("'!'")) this.tokens.noAlternative(first)
    this.tokens.sync(EXPRESSION_START)
    const operand = this.#member()
    if (count % 2 === 0) return operand
    const name = first.kind === "'!'" ? Operator.not : Operator.negate
    return this.measured(this.make.call(this.offset(first), name, [operand]), 0, [operand])
  }

  #member(): Expression {
    const operand = this.#members(this.primary())
    const typeName = this.tokens.is("'{'") ? qualifiedName(operand) : undefined
    return typeName === undefined ? operand : this.#members(this.struct(typeName))
  }

  #members(object: Expression): Expression {
    let operand = object
    for (;;) {
      if (this.tokens.is("'.'")) operand = this.#select(operand)
      else if (this.tokens.is("'['")) operand = this.#index(operand)
      else return operand
    }
  }

  #select(operand: Expression): Expression {
    const dot = this.tokens.take()
    const optional = this.tokens.takeIf("'?'")
    if (optional !== undefined) this.tokens.sync(FIELD_START)
    else if (!FIELD_START.has(this.tokens.current.kind)) this.tokens.noAlternative(dot)
    const token = this.tokens.take()
    const name = this.fieldName(token)
    if (optional !== undefined) {
      const field = this.make.literal(this.offset(token), name)
      return this.measured(this.make.call(this.offset(dot), Operator.optionalSelect, [operand, field]), 1, [operand])
    }
    const open = token.kind === "IDENTIFIER" ? this.tokens.takeIf("'('") : undefined
    if (open !== undefined) return this.call(open, name, this.arguments(), operand)
    const select = this.make.make(this.offset(dot), { kind: "select", operand, field: name, testOnly: false })
    return this.measured(select, 1, [operand])
  }

  #index(operand: Expression): Expression {
    const open = this.tokens.take()
    this.tokens.sync(INDEX_START)
    const name = this.tokens.takeIf("'?'") === undefined ? Operator.index : Operator.optionalIndex
    const index = this.within(["']'"], () => this.expression())
    this.tokens.expect("']'", this.endsOperand)
    return this.measured(this.make.call(this.offset(open), name, [operand, index]), 1, [operand, index])
  }

  /** How often a rule may be within itself is limited too. */
  #nested(rule: Rule, parse: () => Expression): Expression {
    this.#depth[rule]++
    if (this.#depth[rule] > this.depthMax) throw new TooDeep(`expression recursion limit exceeded: ${this.depthMax}`)
    const result = parse()
    this.#depth[rule]--
    return result
  }
}

/** `a.b.c` when that is all there is to the expression. */
export function qualifiedName(expression: Expression): string | undefined {
  if (expression.kind === "identifier") return expression.name
  if (expression.kind !== "select" || expression.testOnly) return undefined
  const operand = qualifiedName(expression.operand)
  return operand === undefined ? undefined : `${operand}.${expression.field}`
}
