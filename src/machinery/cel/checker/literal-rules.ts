import { compileRegex, RegexError } from "../../regex/regex.ts"
import type { CelAst, Expression, ListExpression, MapExpression } from "../ast.ts"
import { isError } from "../error.ts"
import type { IssueList } from "../issues.ts"
import { type CelType, dynType, parameterOf } from "../types.ts"
import type { CelValue } from "../value.ts"
import { toDuration, toTimestamp } from "../values/convert.ts"

export interface LiteralRules {
  /** Whether lists and maps may only have elements of one type. */
  readonly homogeneous: boolean
  /** Functions whose arguments are free of that rule, such as `format`. */
  readonly mixedIn: ReadonlySet<string>
  /** Whether constant durations, timestamps and regular expressions are tried. */
  readonly arguments: boolean
}

/** Reports what a checked expression says that its types do not tell, but that cannot be meant. */
export function checkLiterals(ast: CelAst, rules: LiteralRules, issues: IssueList): void {
  const report = (id: number, message: string) => issues.report(ast.positions.get(id), message)
  const walk = (expression: Expression, mixed: boolean): void => {
    if (rules.homogeneous && !mixed && expression.kind === "list") checkList(ast, expression, report)
    if (rules.homogeneous && !mixed && expression.kind === "map") checkMap(ast, expression, report)
    if (rules.arguments) checkArgument(expression, report)
    const within = mixed || (expression.kind === "call" && rules.mixedIn.has(expression.function))
    for (const child of children(expression)) walk(child, within)
  }
  walk(ast.expression, false)
}

type Report = (id: number, message: string) => void

/** Only the first one is told. */
function checkList(ast: CelAst, { elements, optionalIndices }: ListExpression, report: Report): void {
  const optional = new Set(optionalIndices)
  const types = elements.map((element, i) => typeOf(ast, element, optional.has(i)))
  const [first] = types
  const other = types.findIndex((type) => first !== undefined && !equivalent(first, type))
  if (other >= 0) mismatch(elements[other], first, types[other], report)
}

function checkMap(ast: CelAst, { entries }: MapExpression, report: Report): void {
  const [first] = entries
  if (first === undefined) return
  const keyType = typeOf(ast, first.key, false)
  const valueType = typeOf(ast, first.value, first.optional)
  for (const { key, value, optional } of entries) {
    const found = [typeOf(ast, key, false), typeOf(ast, value, optional)] as const
    if (!equivalent(keyType, found[0])) mismatch(key, keyType, found[0], report)
    if (!equivalent(valueType, found[1])) mismatch(value, valueType, found[1], report)
  }
}

function mismatch(
  at: Expression | undefined,
  expected: CelType | undefined,
  found: CelType | undefined,
  report: Report,
): void {
  if (at !== undefined) report(at.id, `expected type '${expected}' but found '${found}'`)
}

function typeOf(ast: CelAst, expression: Expression, optional: boolean): CelType {
  const type = ast.types.get(expression.id) ?? dynType
  return optional ? parameterOf(type, 0) : type
}

/** The same but for null being allowed. */
function equivalent(a: CelType, b: CelType): boolean {
  if (a === b) return true
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.parameters.length === b.parameters.length &&
    a.parameters.every((parameter, i) => equivalent(parameter, parameterOf(b, i)))
  )
}

const CONSTANTS: ReadonlyMap<string, (value: CelValue) => boolean> = new Map([
  ["duration", (value) => !isError(toDuration(value))],
  ["timestamp", (value) => !isError(toTimestamp(value))],
  ["matches", (value) => typeof value !== "string" || isRegex(value)],
])

function checkArgument(expression: Expression, report: Report): void {
  if (expression.kind !== "call") return
  const [argument] = expression.arguments
  const valid = CONSTANTS.get(expression.function)
  if (argument?.kind !== "literal" || valid === undefined || valid(argument.value)) return
  report(argument.id, `invalid ${expression.function} argument`)
}

function isRegex(pattern: string): boolean {
  try {
    compileRegex(pattern)
    return true
  } catch (error) {
    if (error instanceof RegexError) return false
    throw error
  }
}

function children(expression: Expression): readonly Expression[] {
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
    case "comprehension": {
      const { range, accumulatorInitial, condition, step, result } = expression
      return [range, accumulatorInitial, condition, step, result]
    }
  }
}
