import type { ComprehensionExpression, Expression } from "../ast.ts"

/** A call that the parser replaces by another expression. */
export interface Macro {
  readonly name: string
  /** Called as `a.name(…)`. */
  readonly receiver: boolean
  /** How many arguments it takes; undefined for any number. */
  readonly argumentCount: number | undefined
  /** The expression to put in place of the call; undefined to leave the call as it is. */
  expand(make: MacroBuilder, target: Expression | undefined, args: readonly Expression[]): Expression | undefined
}

/** Makes expressions at the place of the macro's call. */
export interface MacroBuilder {
  literal(value: null | boolean | bigint | number | string): Expression
  identifier(name: string): Expression
  /** The accumulator of the comprehension that is being made. */
  accumulator(): Expression
  presenceTest(operand: Expression, field: string): Expression
  call(name: string, ...args: readonly Expression[]): Expression
  memberCall(name: string, target: Expression, ...args: readonly Expression[]): Expression
  list(...elements: readonly Expression[]): Expression
  /** Without entries. */
  map(): Expression
  comprehension(parts: Omit<ComprehensionExpression, "id" | "kind">): Expression
  /** The same expression with new ids, for a part that the expansion uses twice. */
  copy(expression: Expression): Expression
  /** Reports a mistake at the expression and gives something to go on with. */
  error(at: Expression, message: string): Expression
}

/** What a macro is found by. */
export function macroKey(name: string, receiver: boolean, argumentCount: number | undefined): string {
  return `${name}:${receiver ? "receiver" : "global"}:${argumentCount ?? "*"}`
}
