import type { CelAst, Expression } from "../ast.ts"
import { CelUint, type CelValue } from "../value.ts"

/** What is written behind each node. */
type Adorn = (node: { readonly id: number } & Partial<Expression>) => string

/** An expression as cel-go prints it for its own tests: one node a line, with its kind. */
export function parsedString(ast: CelAst): string {
  return print(ast.expression, (node) => `^#${kindName(node)}#`, "")
}

function print(expression: Expression, adorn: Adorn, indent: string): string {
  return body(expression, adorn, indent) + adorn(expression)
}

function block(open: string, lines: readonly string[], close: string, indent: string): string {
  if (lines.length === 0) return open + close
  return `${open}\n${lines.map((line) => `${indent}  ${line}`).join(",\n")}\n${indent}${close}`
}

function body(expression: Expression, adorn: Adorn, indent: string): string {
  const inner = `${indent}  `
  const nested = (part: Expression) => print(part, adorn, inner)
  switch (expression.kind) {
    case "literal":
      return literal(expression.value)
    case "identifier":
      return expression.name
    case "select":
      return `${print(expression.operand, adorn, indent)}.${expression.field}${expression.testOnly ? "~test-only~" : ""}`
    case "call": {
      const target = expression.target === undefined ? "" : `${print(expression.target, adorn, indent)}.`
      return block(`${target}${expression.function}(`, expression.arguments.map(nested), ")", indent)
    }
    case "list":
      return block("[", expression.elements.map(nested), "]", indent)
    case "map": {
      const entries = expression.entries.map(
        (entry) => `${entry.optional ? "?" : ""}${nested(entry.key)}:${nested(entry.value)}${adorn({ id: entry.id })}`,
      )
      return block("{", entries, "}", indent)
    }
    case "struct": {
      const fields = expression.fields.map(
        (field) => `${field.optional ? "?" : ""}${field.name}:${nested(field.value)}${adorn({ id: field.id })}`,
      )
      return block(`${expression.typeName}{`, fields, "}", indent)
    }
    case "comprehension": {
      const variables =
        expression.variable2 === undefined ? [expression.variable] : [expression.variable, expression.variable2]
      const parts: readonly (readonly [title: string, text: string])[] = [
        ["Variable", variables.join(`,\n${inner}// Variable2\n${inner}`)],
        ["Target", nested(expression.range)],
        ["Accumulator", expression.accumulator],
        ["Init", nested(expression.accumulatorInitial)],
        ["LoopCondition", nested(expression.condition)],
        ["LoopStep", nested(expression.step)],
        ["Result", nested(expression.result)],
      ]
      return `__comprehension__(\n${parts.map(([title, text]) => `${inner}// ${title}\n${inner}${text}`).join(",\n")})`
    }
  }
}

function literal(value: CelValue): string {
  if (value instanceof CelUint) return `${value.value}u`
  if (typeof value === "number") {
    return Math.abs(value) < 1e6
      ? Object.is(value, -0)
        ? "-0"
        : String(value)
      : value.toExponential().replace(/e\+(\d)$/, "e+0$1")
  }
  if (value instanceof Uint8Array) return `b${JSON.stringify(Buffer.from(value).toString())}`
  return typeof value === "string" ? JSON.stringify(value) : String(value)
}

function kindName(node: Partial<Expression>): string {
  switch (node.kind) {
    case "literal":
      return `*expr.Constant_${literalKind(node.value ?? null)}Value`
    case "identifier":
      return "*expr.Expr_IdentExpr"
    case "select":
      return "*expr.Expr_SelectExpr"
    case "call":
      return "*expr.Expr_CallExpr"
    case "list":
      return "*expr.Expr_ListExpr"
    case "map":
    case "struct":
      return "*expr.Expr_StructExpr"
    case "comprehension":
      return "*expr.Expr_ComprehensionExpr"
    case undefined:
      return "*expr.Expr_CreateStruct_Entry"
  }
}

function literalKind(value: CelValue): string {
  if (value === null) return "Null"
  if (value instanceof CelUint) return "Uint64"
  if (value instanceof Uint8Array) return "Bytes"
  const names = { bigint: "Int64", number: "Double", boolean: "Bool", string: "String" }
  return names[typeof value as keyof typeof names]
}
