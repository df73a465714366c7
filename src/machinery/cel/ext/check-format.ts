import type { CallExpression, CelAst, Expression } from "../ast.ts"
import { isError } from "../error.ts"
import { dynType } from "../types.ts"
import { CLAUSE_KINDS, clauseProblem } from "./format.ts"
import { type Clause, parseFormat } from "./format-syntax.ts"

/** Something wrong with the expression that has this id. */
export interface FormatProblem {
  readonly id: number
  readonly message: string
}

/** Checks `"…".format([…])` whose text and number of values are known; undefined when nothing is wrong. */
export function checkFormatCall(ast: CelAst, call: CallExpression): FormatProblem | undefined {
  const { target, arguments: args } = call
  const [list] = args
  if (call.function !== "format" || target?.kind !== "literal" || typeof target.value !== "string") return undefined
  if (args.length !== 1 || list?.kind !== "list") return undefined
  let used = 0
  for (const part of parseFormat(target.value, list.elements.length)) {
    if (isError(part)) return { id: call.id, message: part.message }
    if (typeof part === "string") continue
    used++
    const argument = list.elements[part.argument]
    const unfit = argument && findUnfit(ast, part.clause, argument)
    if (unfit !== undefined) return { id: unfit.id, message: clauseProblem(part.clause, typeIn(ast, unfit)) }
  }
  if (used >= list.elements.length) return undefined
  const counts = `(expected ${used}, got ${list.elements.length})`
  return { id: call.id, message: `too many arguments supplied to string.format ${counts}` }
}

const typeIn = (ast: CelAst, expression: Expression) => ast.types.get(expression.id) ?? dynType

/** The argument, or the part of it, that the clause cannot write. */
function findUnfit(ast: CelAst, clause: Clause, argument: Expression): Expression | undefined {
  const { kind } = typeIn(ast, argument)
  if (kind !== "dyn" && !CLAUSE_KINDS[clause].has(kind)) return argument
  if (clause !== "s") return undefined
  if (argument.kind === "list") return firstUnfit(ast, clause, argument.elements)
  if (argument.kind !== "map") return undefined
  return firstUnfit(
    ast,
    clause,
    argument.entries.flatMap(({ key, value }) => [key, value]),
  )
}

function firstUnfit(ast: CelAst, clause: Clause, parts: readonly Expression[]): Expression | undefined {
  for (const part of parts) {
    const unfit = findUnfit(ast, clause, part)
    if (unfit !== undefined) return unfit
  }
  return undefined
}
