import type { CelSource, Expression } from "../ast.ts"
import type { IssueList } from "../issues.ts"
import { TooManyNodes } from "./expression-factory.ts"
import { Grammar } from "./grammar.ts"
import type { Macro } from "./macro.ts"
import { type GrammarContext, TooDeep } from "./primary-grammar.ts"
import { SyntaxStop } from "./token-stream.ts"

export interface ParserOptions {
  /** By `macroKey`. */
  readonly macros: ReadonlyMap<string, Macro>
  /** In code points. */
  readonly sizeMax: number
  readonly depthMax: number
  readonly quotedFields: boolean
}

export interface Parsed {
  readonly expression: Expression
  /** In code points. */
  readonly positions: ReadonlyMap<number, number>
}

/** Parses an expression and expands its macros. Reports what is wrong; there is no result when there was anything. */
export function parseExpression(source: CelSource, options: ParserOptions, issues: IssueList): Parsed | undefined {
  const toOffset = codePointOffsets(source.text)
  const size = toOffset(source.text.length)
  if (size > options.sizeMax) {
    issues.report(undefined, `expression code point size exceeds limit: size: ${size}, limit ${options.sizeMax}`)
    return undefined
  }
  const context: GrammarContext = { ...options, text: source.text, issues, toOffset }
  const grammar = new Grammar(context)
  try {
    const expression = grammar.parse()
    return issues.empty ? { expression, positions: grammar.positions } : undefined
  } catch (error) {
    if (error instanceof SyntaxStop) grammar.skipRest()
    else if (error instanceof TooDeep) issues.report(undefined, error.message)
    else if (error instanceof TooManyNodes)
      issues.report(undefined, "expression is too large once its macros are expanded")
    else throw error
    return undefined
  }
}

/** From places in UTF-16 units to code points. */
function codePointOffsets(text: string): (start: number) => number {
  // Most expressions have no character outside the basic plane.
  if (!/[\ud800-\udbff]/.test(text)) return (start) => start
  const offsets = new Uint32Array(text.length + 1)
  let offset = 0
  for (let i = 0; i < text.length; i++) {
    offsets[i] = offset
    const low = text.charCodeAt(i + 1)
    const pair = text.charCodeAt(i) >>> 10 === 0xd800 >>> 10 && low >>> 10 === 0xdc00 >>> 10
    if (!pair) offset++
  }
  offsets[text.length] = offset
  return (start) => offsets[start] ?? offset
}
