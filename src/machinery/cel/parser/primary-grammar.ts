import type { Expression, MapEntry, StructField } from "../ast.ts"
import type { IssueList } from "../issues.ts"
import { CelUint } from "../value.ts"
import { ExpressionFactory } from "./expression-factory.ts"
import { parseDouble, parseInteger, parseUnsigned, unescapeBytes, unescapeString } from "./literals.ts"
import { type Macro, macroKey } from "./macro.ts"
import type { Token, TokenKind } from "./token.ts"
import { EXPRESSION_START, SyntaxStop, TokenStream } from "./token-stream.ts"

export interface GrammarContext {
  readonly text: string
  readonly macros: ReadonlyMap<string, Macro>
  readonly depthMax: number
  /** Whether fields' names may stand in backquotes. */
  readonly quotedFields: boolean
  readonly issues: IssueList
  /** From places in UTF-16 units to code points. */
  readonly toOffset: (start: number) => number
}

/** Thrown when an expression is nested deeper than is allowed; the message is for the user. */
export class TooDeep extends Error {}

/** These are fields' names, but not variables'. */
const RESERVED = new Set(
  "as break const continue else false for function if import in let loop package namespace null return true var void while".split(
    " ",
  ),
)
const LIST_START: ReadonlySet<TokenKind> = new Set<TokenKind>([...EXPRESSION_START, "']'", "','", "'?'"])
const MAP_START: ReadonlySet<TokenKind> = new Set<TokenKind>([...EXPRESSION_START, "'}'", "','", "'?'"])
const OBJECT_START: ReadonlySet<TokenKind> = new Set<TokenKind>(["'}'", "','", "'?'", "IDENTIFIER", "ESC_IDENTIFIER"])
const ARGUMENTS_START: ReadonlySet<TokenKind> = new Set<TokenKind>([...EXPRESSION_START, "')'"])
export const FIELD_START: ReadonlySet<TokenKind> = new Set<TokenKind>(["IDENTIFIER", "ESC_IDENTIFIER"])
const OPERATORS: ReadonlySet<string> = new Set("== != in < <= >= > && || [ . - ? + * / %".split(" "))

export function startsExpression(token: Token): boolean {
  return EXPRESSION_START.has(token.kind)
}

export function isNumber(token: Token): boolean {
  return token.kind === "NUM_INT" || token.kind === "NUM_FLOAT"
}

/** The operands of expressions: literals, names, calls, lists, maps, objects and what is in parentheses. */
export abstract class PrimaryGrammar {
  protected readonly tokens: TokenStream
  protected readonly make = new ExpressionFactory()
  readonly #context: GrammarContext
  readonly #enclosing: (readonly TokenKind[])[] = []
  /** How many operators, fields and methods are above each other in an expression, by its id. */
  readonly #depths = new Map<number, number>()

  constructor(context: GrammarContext) {
    this.#context = context
    // An empty source has no first column.
    const shift = context.text === "" ? 1 : 0
    this.tokens = new TokenStream(context.text, (start, message) =>
      context.issues.report(context.toOffset(start) - shift, message),
    )
  }

  get positions(): ReadonlyMap<number, number> {
    return this.make.positions
  }

  protected abstract expression(): Expression

  /** What may come after a complete operand, so that a closing bracket before it can be thought to be there. */
  protected readonly endsOperand = (token: Token): boolean =>
    OPERATORS.has(token.text) || (this.#enclosing.at(-1) ?? ["<EOF>"]).includes(token.kind)

  /** Parses what these tokens go on behind, or close. */
  protected within<T>(closing: readonly TokenKind[], parse: () => T): T {
    this.#enclosing.push(closing)
    const result = parse()
    this.#enclosing.pop()
    return result
  }

  /** Notes how deep the expression is, which has these parts. `own` is 1 for what counts itself. */
  protected measured(expression: Expression, own: 0 | 1, parts: readonly Expression[]): Expression {
    let depth = 0
    for (const { id } of parts) depth = Math.max(depth, this.#depths.get(id) ?? 0)
    if (depth + own > this.#context.depthMax) throw new TooDeep("max recursion depth exceeded")
    this.#depths.set(expression.id, depth + own)
    return expression
  }

  /** After a mistake that ended it: reads the other tokens, for the mistakes in those. */
  skipRest(): void {
    while (!this.tokens.is("<EOF>")) this.tokens.take()
  }

  protected primary(): Expression {
    const token = this.tokens.current
    switch (token.kind) {
      case "'.'":
      case "IDENTIFIER":
        return this.#named()
      case "'('": {
        this.tokens.take()
        const inner = this.within(["')'"], () => this.expression())
        this.tokens.expect("')'", this.endsOperand)
        return inner
      }
      case "'['":
        return this.#list()
      case "'{'":
        return this.#map()
      case "'-'":
        this.tokens.take()
        if (!isNumber(this.tokens.current)) this.tokens.noAlternative(token)
        return this.#literal(token)
      default:
        this.tokens.sync(EXPRESSION_START)
        return this.#literal(undefined)
    }
  }

  /** A variable or the call of a function. */
  #named(): Expression {
    const dot = this.tokens.takeIf("'.'")
    if (dot !== undefined && !this.tokens.is("IDENTIFIER")) this.tokens.noAlternative(dot)
    const token = this.tokens.take()
    const name = (dot === undefined ? "" : ".") + token.text
    const open = this.tokens.takeIf("'('")
    const args = open === undefined ? [] : this.arguments()
    if (RESERVED.has(token.text)) return this.#error(dot ?? token, `reserved identifier: ${token.text}`)
    if (open !== undefined) return this.call(open, name, args, undefined)
    return this.make.make(this.offset(token), { kind: "identifier", name })
  }

  /** Behind the opening parenthesis. */
  protected arguments(): readonly Expression[] {
    this.tokens.sync(ARGUMENTS_START)
    const args: Expression[] = []
    if (!this.tokens.is("')'")) {
      do args.push(this.within(["')'", "','"], () => this.expression()))
      while (this.tokens.takeIf("','") !== undefined)
    }
    this.tokens.expect("')'", this.endsOperand)
    return args
  }

  /** A call, or what its macro makes of it. */
  protected call(open: Token, name: string, args: readonly Expression[], target: Expression | undefined): Expression {
    const receiver = target !== undefined
    const { macros, issues } = this.#context
    const macro = macros.get(macroKey(name, receiver, args.length)) ?? macros.get(macroKey(name, receiver, undefined))
    const offset = this.offset(open)
    const report = (offset: number, message: string) => issues.report(offset, message)
    const expanded = macro && this.make.expand(macro, offset, target, args, report)
    const result = expanded ?? this.make.call(offset, name, args, target)
    return this.measured(result, receiver ? 1 : 0, receiver ? [target, ...args] : args)
  }

  #list(): Expression {
    const offset = this.offset(this.tokens.take())
    const elements: Expression[] = []
    const optionalIndices: number[] = []
    this.#items("']'", LIST_START, () => {
      if (this.tokens.takeIf("'?'") !== undefined) optionalIndices.push(elements.length)
      elements.push(this.expression())
    })
    return this.measured(this.make.make(offset, { kind: "list", elements, optionalIndices }), 0, elements)
  }

  #map(): Expression {
    const offset = this.offset(this.tokens.take())
    const entries: MapEntry[] = []
    this.#items("'}'", MAP_START, () => {
      const optional = this.tokens.takeIf("'?'") !== undefined
      const key = this.within(["':'"], () => this.expression())
      const id = this.make.id(this.offset(this.tokens.expect("':'", startsExpression)))
      entries.push({ id, key, value: this.expression(), optional })
    })
    const parts = entries.flatMap(({ key, value }) => [key, value])
    return this.measured(this.make.make(offset, { kind: "map", entries }), 0, parts)
  }

  /** At the opening brace of an object of this type. */
  protected struct(typeName: string): Expression {
    const offset = this.offset(this.tokens.take())
    const fields: StructField[] = []
    this.#items("'}'", OBJECT_START, () => {
      const optional = this.tokens.takeIf("'?'") !== undefined
      this.tokens.sync(FIELD_START)
      const name = this.fieldName(this.tokens.take())
      const id = this.make.id(this.offset(this.tokens.expect("':'", startsExpression)))
      fields.push({ id, name, value: this.expression(), optional })
    })
    const parts = fields.map(({ value }) => value)
    return this.measured(this.make.make(offset, { kind: "struct", typeName, fields }), 0, parts)
  }

  /** Between the brackets, with a comma after the last one if you like; then the closing bracket. */
  #items(close: "']'" | "'}'", start: ReadonlySet<TokenKind>, item: () => void): void {
    this.tokens.sync(start)
    if (this.tokens.takeIf("','") === undefined && !this.tokens.is(close)) {
      const after: ReadonlySet<TokenKind> = new Set<TokenKind>([close, "','"])
      for (;;) {
        this.within([close, "','"], item)
        this.tokens.sync(after)
        // Whatever cannot begin an item is for the closing bracket to complain about.
        if (this.tokens.takeIf("','") === undefined || !start.has(this.tokens.current.kind)) break
        if (this.tokens.is(close) || this.tokens.is("','")) break
      }
    }
    this.tokens.expect(close, this.endsOperand)
  }

  #literal(sign: Token | undefined): Expression {
    const token = this.tokens.take()
    const at = sign ?? token
    const offset = this.offset(at)
    const value = literalValue(token, sign !== undefined)
    return value === undefined ? this.#error(at, literalError(token)) : this.make.literal(offset, value)
  }

  /** The name of a field, without the backquotes it may be written in. */
  protected fieldName(token: Token): string {
    if (token.kind !== "ESC_IDENTIFIER") return token.text
    if (!this.#context.quotedFields) this.#context.issues.report(this.offset(token), "unsupported syntax: '`'")
    return token.text.slice(1, -1)
  }

  #error(at: Token, message: string): Expression {
    this.#context.issues.report(this.offset(at), message)
    return this.make.broken(this.offset(at))
  }

  protected offset(token: Token): number {
    return this.#context.toOffset(token.start)
  }

  protected get depthMax(): number {
    return this.#context.depthMax
  }
}

function literalValue(token: Token, negative: boolean) {
  switch (token.kind) {
    case "'true'":
      return true
    case "'false'":
      return false
    case "'null'":
      return null
    case "NUM_INT":
      return parseInteger(token.text, negative)
    case "NUM_UINT": {
      const value = parseUnsigned(token.text)
      return value === undefined ? undefined : new CelUint(value)
    }
    case "NUM_FLOAT": {
      const value = parseDouble(token.text)
      return value === undefined || !negative ? value : -value
    }
    case "STRING":
      return unescapeString(token.text)
    case "BYTES":
      return unescapeBytes(token.text.slice(1))
    default:
      throw new SyntaxStop()
  }
}

function literalError(token: Token): string {
  if (token.kind === "NUM_INT") return "invalid int literal"
  if (token.kind === "NUM_UINT") return "invalid uint literal"
  if (token.kind === "NUM_FLOAT") return "invalid double literal"
  return token.kind === "STRING" ? "invalid unicode code point" : "unable to unescape string"
}
