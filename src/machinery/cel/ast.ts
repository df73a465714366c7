import type { CelType } from "./types.ts"
import type { CelValue } from "./value.ts"

/** One node of an expression, after macros were expanded. Ids are unique within the expression. */
export type Expression =
  | LiteralExpression
  | IdentifierExpression
  | SelectExpression
  | CallExpression
  | ListExpression
  | MapExpression
  | StructExpression
  | ComprehensionExpression

interface Node {
  readonly id: number
}

export interface LiteralExpression extends Node {
  readonly kind: "literal"
  readonly value: CelValue
}

export interface IdentifierExpression extends Node {
  readonly kind: "identifier"
  readonly name: string
}

export interface SelectExpression extends Node {
  readonly kind: "select"
  readonly operand: Expression
  readonly field: string
  /** `has(operand.field)`. */
  readonly testOnly: boolean
}

export interface CallExpression extends Node {
  readonly kind: "call"
  /** An operator's name is that of `operators.ts`. */
  readonly function: string
  /** What stands before the dot of a method call. */
  readonly target: Expression | undefined
  readonly arguments: readonly Expression[]
}

export interface ListExpression extends Node {
  readonly kind: "list"
  readonly elements: readonly Expression[]
  /** Which of the elements are written `?x`: left out when the optional is empty. */
  readonly optionalIndices: readonly number[]
}

export interface MapEntry extends Node {
  readonly key: Expression
  readonly value: Expression
  readonly optional: boolean
}

export interface MapExpression extends Node {
  readonly kind: "map"
  readonly entries: readonly MapEntry[]
}

export interface StructField extends Node {
  readonly name: string
  readonly value: Expression
  readonly optional: boolean
}

export interface StructExpression extends Node {
  readonly kind: "struct"
  readonly typeName: string
  readonly fields: readonly StructField[]
}

/**
 * A loop: the accumulator begins as `accumulatorInitial`; for each element, while the condition holds, it becomes the
 * step's value; then the result is computed from it. With two variables they are index and element, or key and value.
 */
export interface ComprehensionExpression extends Node {
  readonly kind: "comprehension"
  readonly range: Expression
  readonly variable: string
  readonly variable2: string | undefined
  readonly accumulator: string
  readonly accumulatorInitial: Expression
  readonly condition: Expression
  readonly step: Expression
  readonly result: Expression
}

/** The name of the accumulator that the macros use. No expression can name it. */
export const ACCUMULATOR = "@result"

/** What the checker found out about an identifier or a call. */
export interface Reference {
  /** The full name of the variable, constant or type. */
  readonly name?: string
  readonly value?: CelValue
  /** The overloads that may apply, when it is a call. */
  readonly overloads?: readonly string[]
}

/** An expression with its source positions and, once checked, its types. */
export interface CelAst {
  readonly source: CelSource
  readonly expression: Expression
  /** Where nodes begin, in code points from the start of the source. */
  readonly positions: ReadonlyMap<number, number>
  readonly checked: boolean
  readonly types: ReadonlyMap<number, CelType>
  readonly references: ReadonlyMap<number, Reference>
}

/** The text of an expression and the name that messages give it. */
export interface CelSource {
  readonly text: string
  /** `<input>` unless said otherwise. */
  readonly description: string
}

/** What is wrong with an expression. */
export interface CelIssue {
  /** From 1. */
  readonly line: number
  /** In code points, from 0. */
  readonly column: number
  readonly message: string
}
