import { Lexer } from "./lexer.ts"
import { TOKEN_ORDER, type Token, type TokenKind } from "./token.ts"

/** Thrown when the source cannot be read on; what is wrong has been reported. */
export class SyntaxStop extends Error {}

/** What an expression may begin with. */
export const EXPRESSION_START: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "'['",
  "'{'",
  "'('",
  "'.'",
  "'-'",
  "'!'",
  "'true'",
  "'false'",
  "'null'",
  "NUM_FLOAT",
  "NUM_INT",
  "NUM_UINT",
  "STRING",
  "BYTES",
  "IDENTIFIER",
])

/**
 * The tokens of an expression with one to look ahead, and the messages and small repairs of an ANTLR parser: a token too
 * much is skipped, one that is missing is thought to be there. Clients compare these messages.
 */
export class TokenStream {
  readonly #lexer: Lexer
  readonly #report: (start: number, message: string) => void
  #current: Token
  #following: Token | undefined

  /** `report` gets places in UTF-16 units. */
  constructor(text: string, report: (start: number, message: string) => void) {
    this.#report = report
    this.#lexer = new Lexer(text, (start, message) => this.#syntaxError(start, message))
    this.#current = this.#lexer.next()
  }

  get current(): Token {
    return this.#current
  }

  get following(): Token {
    this.#following ??= this.#lexer.next()
    return this.#following
  }

  is(kind: TokenKind): boolean {
    return this.#current.kind === kind
  }

  take(): Token {
    const token = this.#current
    this.#current = this.following
    this.#following = undefined
    return token
  }

  /** Takes a token when it is of this kind. */
  takeIf(kind: TokenKind): Token | undefined {
    return this.is(kind) ? this.take() : undefined
  }

  /** Takes a token of this kind; `followed` tells what may come after it, so that a missing one can be told. */
  expect(kind: TokenKind, followed: (token: Token) => boolean): Token {
    if (this.is(kind)) return this.take()
    if (this.following.kind === kind) {
      this.#unexpected("extraneous", `expecting ${kind}`)
      this.take()
      return this.take()
    }
    if (followed(this.#current)) {
      this.#syntaxError(this.#current.start, `missing ${kind} at '${this.#current.text}'`)
      return { kind, text: "", start: this.#current.start }
    }
    this.#unexpected("mismatched", `expecting ${kind}`)
    throw new SyntaxStop()
  }

  /** Makes sure that one of these is next, skipping one token when that helps. */
  sync(expected: ReadonlySet<TokenKind>): void {
    if (expected.has(this.#current.kind)) return
    const list = TOKEN_ORDER.filter((kind) => expected.has(kind))
    const expecting = `expecting ${list.length === 1 ? list[0] : `{${list.join(", ")}}`}`
    if (this.#current.kind !== "<EOF>" && expected.has(this.following.kind)) {
      this.#unexpected("extraneous", expecting)
      this.take()
      return
    }
    this.#unexpected("mismatched", expecting)
    throw new SyntaxStop()
  }

  /** Reports that nothing can be made of the tokens from this one to the current one. */
  noAlternative(from: Token): never {
    const { kind, text, start } = this.#current
    if (from.kind === "'.'" && (kind === "'true'" || kind === "'false'" || kind === "'null'")) {
      this.#unexpected("mismatched", "expecting IDENTIFIER")
    } else {
      this.#syntaxError(start, `no viable alternative at input '${from.text}${kind === "<EOF>" ? "" : text}'`)
    }
    throw new SyntaxStop()
  }

  #unexpected(how: "extraneous" | "mismatched", expecting: string): void {
    this.#syntaxError(this.#current.start, `${how} input '${this.#current.text}' ${expecting}`)
  }

  #syntaxError(start: number, message: string): void {
    this.#report(start, `Syntax error: ${message}`)
  }
}
