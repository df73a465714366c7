import type { Token, TokenKind } from "./token.ts"

// Sticky expressions: each matches at a given place only. Strings are scanned by hand, since their errors say how far.
const SPACE = /(?:[\t\n\f\r ]+|\/\/[^\n]*)+/y
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y
const ESCAPED_IDENTIFIER = /`[A-Za-z0-9_./ -]+`/y
const FLOAT = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y
const INTEGER = /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?/y
const STRING_START = /[bB]?([rR]?)("""|'''|"|')/y
const ESCAPE = /\\(?:[abfnrtv"'\\?`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y
// How much of an escape is right before it goes wrong, so that messages end where it does.
const ESCAPE_PREFIX = /\\(?:[0-3][0-7]?|[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7})?/y
const KEYWORDS = new Map<string, TokenKind>([
  ["in", "'in'"],
  ["true", "'true'"],
  ["false", "'false'"],
  ["null", "'null'"],
])
const SYMBOLS: readonly string[] = ["==", "!=", "<=", ">=", "&&", "||", ..."<>[]{}().,-!?:+*/%"]
/** Begin a symbol of two characters only. */
const HALF_SYMBOLS = new Set(["=", "&", "|"])

/** A source's tokens one after the other. Reports what is none and goes on behind it. */
export class Lexer {
  readonly #text: string
  readonly #report: (start: number, message: string) => void
  #at = 0

  constructor(text: string, report: (start: number, message: string) => void) {
    this.#text = text
    this.#report = report
  }

  next(): Token {
    for (;;) {
      this.#at = this.#end(SPACE) ?? this.#at
      const start = this.#at
      if (start >= this.#text.length) return { kind: "<EOF>", text: "<EOF>", start }
      const found = this.#token()
      if (found !== undefined) {
        this.#at = found.end
        return { kind: found.kind, text: this.#text.slice(start, found.end), start }
      }
      this.#report(start, `token recognition error at: '${display(this.#text.slice(start, this.#at))}'`)
    }
  }

  /** Moves behind the text that is no token when there is none. */
  #token(): { kind: TokenKind; end: number } | undefined {
    if (this.#end(STRING_START) !== undefined) return this.#string()
    const identifier = this.#end(IDENTIFIER)
    if (identifier !== undefined) {
      return { kind: KEYWORDS.get(this.#text.slice(this.#at, identifier)) ?? "IDENTIFIER", end: identifier }
    }
    const float = this.#end(FLOAT)
    if (float !== undefined) return { kind: "NUM_FLOAT", end: float }
    const integer = this.#end(INTEGER)
    if (integer !== undefined) {
      return { kind: /[uU]$/.test(this.#text.slice(this.#at, integer)) ? "NUM_UINT" : "NUM_INT", end: integer }
    }
    const escaped = this.#end(ESCAPED_IDENTIFIER)
    if (escaped !== undefined) return { kind: "ESC_IDENTIFIER", end: escaped }
    const symbol = SYMBOLS.find((symbol) => this.#text.startsWith(symbol, this.#at))
    if (symbol !== undefined) return { kind: `'${symbol}'` as TokenKind, end: this.#at + symbol.length }
    this.#skipWrong()
    return undefined
  }

  #skipWrong(): void {
    const first = this.#character(this.#at)
    this.#at += first.length
    if (HALF_SYMBOLS.has(first)) this.#at += this.#character(this.#at).length
    else if (first === "`") {
      while (/[A-Za-z0-9_./ -]/.test(this.#character(this.#at))) this.#at++
      this.#at += this.#character(this.#at).length
    }
  }

  #string(): { kind: TokenKind; end: number } | undefined {
    STRING_START.lastIndex = this.#at
    const [prefix = "", raw, quote = ""] = STRING_START.exec(this.#text) ?? []
    const long = quote.length === 3
    let end = this.#at + prefix.length
    for (;;) {
      const character = this.#character(end)
      if (this.#text.startsWith(quote, end)) {
        const bytes = prefix.startsWith("b") || prefix.startsWith("B")
        return { kind: bytes ? "BYTES" : "STRING", end: end + quote.length }
      }
      if (character === "\\" && raw === "") {
        const escapeEnd = this.#end(ESCAPE, end)
        if (escapeEnd === undefined) {
          const wrong = this.#end(ESCAPE_PREFIX, end) ?? end
          this.#at = wrong + this.#character(wrong).length
          return undefined
        }
        end = escapeEnd
        continue
      }
      if (character === "" || (!long && (character === "\n" || character === "\r"))) {
        // Two quotes begin a long string but are also an empty one.
        if (long && raw !== undefined) return this.#emptyString(prefix)
        this.#at = end + character.length
        return undefined
      }
      end += character.length
    }
  }

  #emptyString(prefix: string): { kind: TokenKind; end: number } {
    return { kind: /^[bB]/.test(prefix) ? "BYTES" : "STRING", end: this.#at + prefix.length - 1 }
  }

  #end(expression: RegExp, at = this.#at): number | undefined {
    expression.lastIndex = at
    return expression.test(this.#text) ? expression.lastIndex : undefined
  }

  #character(at: number): string {
    const code = this.#text.codePointAt(at)
    return code === undefined ? "" : String.fromCodePoint(code)
  }
}

function display(text: string): string {
  return text.replace(/\n/g, "\\n").replace(/\t/g, "\\t").replace(/\r/g, "\\r")
}
