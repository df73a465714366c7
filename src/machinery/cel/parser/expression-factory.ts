import { ACCUMULATOR, type ComprehensionExpression, type Expression } from "../ast.ts"
import type { CelValue } from "../value.ts"
import type { Macro, MacroBuilder } from "./macro.ts"

/** Macros can copy what they are given, and so grow exponentially; an expression of more nodes is refused. */
const NODES_MAX = 120_000

/** Thrown when an expression has too many nodes. */
export class TooManyNodes extends Error {}

/** An expression without its id; the union is kept, so each kind has its own fields. */
export type Unplaced = Expression extends infer E ? (E extends Expression ? Omit<E, "id"> : never) : never

/** Makes the nodes of one expression, with ids and places. Offsets are those of the caller. */
export class ExpressionFactory {
  readonly positions = new Map<number, number>()
  #lastId = 0

  id(offset: number): number {
    this.#lastId++
    if (this.#lastId > NODES_MAX) throw new TooManyNodes()
    this.positions.set(this.#lastId, offset)
    return this.#lastId
  }

  make(offset: number, node: Unplaced): Expression {
    return { ...node, id: this.id(offset) }
  }

  literal(offset: number, value: CelValue): Expression {
    return { kind: "literal", id: this.id(offset), value }
  }

  call(offset: number, name: string, args: readonly Expression[], target?: Expression): Expression {
    return { kind: "call", id: this.id(offset), function: name, target, arguments: args }
  }

  /** What stands for an expression that could not be read. */
  broken(offset: number): Expression {
    return this.literal(offset, null)
  }

  /** The macro's expansion at the call's place; undefined when the macro leaves the call alone. */
  expand(
    macro: Macro,
    offset: number,
    target: Expression | undefined,
    args: readonly Expression[],
    report: (offset: number, message: string) => void,
  ): Expression | undefined {
    return macro.expand(new CallBuilder(this, offset, report), target, args)
  }
}

class CallBuilder implements MacroBuilder {
  readonly #factory: ExpressionFactory
  readonly #offset: number
  readonly #report: (offset: number, message: string) => void

  constructor(factory: ExpressionFactory, offset: number, report: (offset: number, message: string) => void) {
    this.#factory = factory
    this.#offset = offset
    this.#report = report
  }

  literal(value: null | boolean | bigint | number | string): Expression {
    return this.#factory.literal(this.#offset, value)
  }

  identifier(name: string): Expression {
    return this.#factory.make(this.#offset, { kind: "identifier", name })
  }

  accumulator(): Expression {
    return this.identifier(ACCUMULATOR)
  }

  presenceTest(operand: Expression, field: string): Expression {
    return this.#factory.make(this.#offset, { kind: "select", operand, field, testOnly: true })
  }

  call(name: string, ...args: readonly Expression[]): Expression {
    return this.#factory.call(this.#offset, name, args)
  }

  memberCall(name: string, target: Expression, ...args: readonly Expression[]): Expression {
    return this.#factory.call(this.#offset, name, args, target)
  }

  list(...elements: readonly Expression[]): Expression {
    return this.#factory.make(this.#offset, { kind: "list", elements, optionalIndices: [] })
  }

  map(): Expression {
    return this.#factory.make(this.#offset, { kind: "map", entries: [] })
  }

  comprehension(parts: Omit<ComprehensionExpression, "id" | "kind">): Expression {
    return this.#factory.make(this.#offset, { kind: "comprehension", ...parts })
  }

  error(at: Expression, message: string): Expression {
    this.#report(this.#factory.positions.get(at.id) ?? this.#offset, message)
    return this.#factory.broken(this.#offset)
  }

  copy(expression: Expression): Expression {
    const id = this.#copyId(expression.id)
    const copy = (part: Expression) => this.copy(part)
    switch (expression.kind) {
      case "literal":
      case "identifier":
        return { ...expression, id }
      case "select":
        return { ...expression, id, operand: copy(expression.operand) }
      case "call":
        return {
          ...expression,
          id,
          target: expression.target && copy(expression.target),
          arguments: expression.arguments.map(copy),
        }
      case "list":
        return { ...expression, id, elements: expression.elements.map(copy) }
      case "map":
        return {
          ...expression,
          id,
          entries: expression.entries.map((entry) => ({
            ...entry,
            id: this.#copyId(entry.id),
            key: copy(entry.key),
            value: copy(entry.value),
          })),
        }
      case "struct":
        return {
          ...expression,
          id,
          fields: expression.fields.map((field) => ({
            ...field,
            id: this.#copyId(field.id),
            value: copy(field.value),
          })),
        }
      case "comprehension":
        return {
          ...expression,
          id,
          range: copy(expression.range),
          accumulatorInitial: copy(expression.accumulatorInitial),
          condition: copy(expression.condition),
          step: copy(expression.step),
          result: copy(expression.result),
        }
    }
  }

  #copyId(id: number): number {
    return this.#factory.id(this.#factory.positions.get(id) ?? this.#offset)
  }
}
