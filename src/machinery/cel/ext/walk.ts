import type { Expression } from "../ast.ts"

/** The expression and all its parts, each before those within it. */
export function* walkExpression(expression: Expression): Generator<Expression> {
  const waiting: Expression[] = [expression]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next
    waiting.push(...partsOf(next).toReversed())
  }
}

function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "identifier":
      return []
    case "select":
      return [expression.operand]
    case "call":
      return expression.target === undefined ? expression.arguments : [expression.target, ...expression.arguments]
    case "list":
      return expression.elements
    case "map":
      return expression.entries.flatMap(({ key, value }) => [key, value])
    case "struct":
      return expression.fields.map(({ value }) => value)
    case "comprehension":
      return [expression.range, expression.accumulatorInitial, expression.condition, expression.step, expression.result]
  }
}
