import type { CelAst, Expression } from "../ast.ts"
import { walkExpression } from "../ext/walk.ts"
import { type CelType, dynType, parameterOf } from "../types.ts"

/** An element of a list or map literal whose type is not that of the elements before it. */
interface MixedElement {
  readonly at: number
  readonly expected: CelType
  readonly actual: CelType
}

/** Kubernetes refuses literals with mixed types, except within calls of `format`. */
export function* findMixedLiterals(ast: CelAst): Generator<MixedElement> {
  const withinFormats = new Set<number>()
  for (const expression of walkExpression(ast.expression)) {
    if (expression.kind !== "call" || expression.function !== "format" || withinFormats.has(expression.id)) continue
    for (const inner of walkExpression(expression)) withinFormats.add(inner.id)
  }
  for (const expression of walkExpression(ast.expression)) {
    if (withinFormats.has(expression.id)) continue
    if (expression.kind === "list") yield* firstOf(mixedElements(ast, expression.elements, expression.optionalIndices))
    if (expression.kind !== "map") continue
    const optional = expression.entries.flatMap((entry, i) => (entry.optional ? [i] : []))
    yield* mixedElements(
      ast,
      expression.entries.map(({ key }) => key),
      [],
    )
    yield* mixedElements(
      ast,
      expression.entries.map(({ value }) => value),
      optional,
    )
  }
}

function* firstOf<T>(values: Iterable<T>): Generator<T> {
  for (const value of values) return yield value
}

function* mixedElements(
  ast: CelAst,
  elements: readonly Expression[],
  optionalIndices: readonly number[],
): Generator<MixedElement> {
  let expected: CelType | undefined
  for (const [i, element] of elements.entries()) {
    const type = ast.types.get(element.id) ?? dynType
    const actual = optionalIndices.includes(i) ? parameterOf(type, 0) : type
    if (expected === undefined) expected = actual
    else if (!isEquivalent(expected, actual)) yield { at: element.id, expected, actual }
  }
}

/** The same types, whatever their type parameters are called. */
function isEquivalent(left: CelType, right: CelType): boolean {
  if (left.kind !== right.kind || left.parameters.length !== right.parameters.length) return false
  if (left.kind !== "parameter" && (left.name !== right.name || left.nullable !== right.nullable)) return false
  return left.parameters.every((parameter, i) => isEquivalent(parameter, parameterOf(right, i)))
}
