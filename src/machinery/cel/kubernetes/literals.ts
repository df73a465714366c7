import { compileRegex, RegexError } from "../../regex/regex.ts"
import type { CallExpression, CelAst, CelIssue, Expression } from "../ast.ts"
import { isError } from "../error.ts"
import { checkFormatCall } from "../ext/check-format.ts"
import { walkExpression } from "../ext/walk.ts"
import { IssueList } from "../issues.ts"
import { toDuration, toTimestamp } from "../values/convert.ts"
import { findMixedLiterals } from "./mixed-literals.ts"

/** What is wrong with arguments that are known before evaluation: times, durations, patterns and formats. */
export function checkLiterals(ast: CelAst): readonly CelIssue[] {
  const found = new IssueList(ast.source)
  for (const expression of walkExpression(ast.expression)) {
    if (expression.kind !== "call") continue
    const argument = literalProblem(expression)
    if (argument !== undefined) {
      found.report(ast.positions.get(argument.id), `invalid ${expression.function} argument`)
    }
    const problem = checkFormatCall(ast, expression)
    if (problem !== undefined) found.report(ast.positions.get(problem.id), problem.message)
  }
  for (const { at, expected, actual } of findMixedLiterals(ast)) {
    found.report(ast.positions.get(at), `expected type '${expected}' but found '${actual}'`)
  }
  return found.issues
}

function literalProblem(call: CallExpression): Expression | undefined {
  const argument = call.function === "matches" ? call.arguments.at(-1) : call.arguments[0]
  if (argument?.kind !== "literal" || typeof argument.value !== "string") return undefined
  const { value } = argument
  if (call.function === "matches") return isPattern(value) ? undefined : argument
  if (call.target !== undefined || call.arguments.length !== 1) return undefined
  if (call.function === "duration") return isError(toDuration(value)) ? argument : undefined
  if (call.function === "timestamp") return isError(toTimestamp(value)) ? argument : undefined
  return undefined
}

const isPattern = (text: string) => patternProblem(text) === undefined

function patternProblem(text: string): string | undefined {
  try {
    compileRegex(text)
    return undefined
  } catch (error) {
    if (error instanceof RegexError) return error.message
    throw error
  }
}

/** What keeps a checked expression from becoming a program: a literal pattern of `find` or `findAll` that is none. */
export function checkPatterns(ast: CelAst): string | undefined {
  for (const expression of walkExpression(ast.expression)) {
    if (expression.kind !== "call" || (expression.function !== "find" && expression.function !== "findAll")) continue
    const [pattern] = expression.arguments
    if (pattern?.kind !== "literal" || typeof pattern.value !== "string") continue
    const problem = patternProblem(pattern.value)
    if (problem !== undefined) return problem
  }
  return undefined
}
