import * as fieldError from "../field/error.ts"
import { formatFieldError } from "../field/error.ts"
import { qualifiedName } from "../names/labels.ts"
import { LabelSelector } from "./label-selector.ts"
import { type Operator, type Requirement, requirement, SelectorError } from "./requirement.ts"

type Kind = "end" | "identifier" | ")" | "(" | "," | "!" | "==" | "=" | ">" | "<" | "in" | "notin" | "!=" | "error"

interface Token {
  readonly kind: Kind
  readonly text: string
}

const END: Token = { kind: "end", text: "" }
const LEXEME = /[ \t\r\n]*(?:(==|!=|[=!(),><])|([^=!(),><\0 \t\r\n]+))/y

/** Reads `a=b,c!=d,e in (x,y),!f,g`. Throws `SelectorError` with Kubernetes' message. */
export function parseLabelSelector(text: string): LabelSelector {
  return new LabelSelector(new Parser(tokenize(text)).parse())
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  LEXEME.lastIndex = 0
  for (let match = LEXEME.exec(text); match !== null; match = LEXEME.exec(text)) {
    const [, symbol, word = ""] = match
    if (symbol !== undefined) tokens.push({ kind: symbol as Kind, text: symbol })
    else tokens.push({ kind: word === "in" || word === "notin" ? word : "identifier", text: word })
  }
  return tokens
}

const BINARY = new Map<Kind, Operator>([
  ["in", "in"],
  ["notin", "notin"],
  ["=", "="],
  ["==", "=="],
  ["!=", "!="],
  [">", "gt"],
  ["<", "lt"],
])

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): readonly Requirement[] {
    const requirements: Requirement[] = []
    if (this.#peek().kind === "end") return requirements
    for (;;) {
      const first = this.#peek()
      if (first.kind !== "identifier" && first.kind !== "!") {
        throw new SelectorError(`found '${first.text}', expected: !, identifier, or 'end of string'`)
      }
      requirements.push(this.#requirement())
      const next = this.#take()
      if (next.kind === "end") return requirements
      if (next.kind !== ",") throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (after.kind !== "identifier" && after.kind !== "!") {
        throw new SelectorError(`found '${after.text}', expected: identifier after ','`)
      }
    }
  }

  #requirement(): Requirement {
    try {
      return this.#checkedRequirement()
    } catch (error) {
      if (error instanceof SelectorError) throw new SelectorError(`unable to parse requirement: ${error.message}`)
      throw error
    }
  }

  #checkedRequirement(): Requirement {
    const negated = this.#peek().kind === "!"
    if (negated) this.#take()
    const key = this.#take()
    if (key.kind !== "identifier") throw new SelectorError(`found '${key.text}', expected: identifier`)
    const problems = qualifiedName(key.text)
    if (problems.length > 0) {
      throw new SelectorError(formatFieldError(fieldError.invalid("", key.text, problems.join("; "))))
    }
    if (negated) return requirement(key.text, "!", [])
    const next = this.#peek().kind
    if (next === "end" || next === ",") return requirement(key.text, "exists", [])
    const found = this.#takeOperator()
    const operator = BINARY.get(found.kind)
    if (operator === undefined) {
      throw new SelectorError(`found '${found.text}', expected: in, notin, =, ==, !=, gt, lt`)
    }
    const values = operator === "in" || operator === "notin" ? this.#values() : [this.#exactValue()]
    return requirement(key.text, operator, [...new Set(values)].toSorted())
  }

  #exactValue(): string {
    const next = this.#peek()
    if (next.kind === "end" || next.kind === ",") return ""
    this.#take()
    if (next.kind !== "identifier") throw new SelectorError(`found '${next.text}', expected: identifier`)
    return next.text
  }

  #values(): readonly string[] {
    const open = this.#take()
    if (open.kind !== "(") throw new SelectorError(`found '${open.text}' expected: '('`)
    const values: string[] = []
    let value = ""
    for (;;) {
      const token = this.#take()
      if (token.kind === "identifier" && value === "") value = token.text
      else if (token.kind === "," || token.kind === ")") {
        values.push(value)
        if (token.kind === ")") return values
        value = ""
      } else if (value !== "") throw new SelectorError(`found '${token.text}', expected: ',' or ')'`)
      else throw new SelectorError(`found '${token.text}', expected: ',', ')' or identifier`)
    }
  }

  /** Only right after a key are `in` and `notin` operators; elsewhere they are ordinary words. */
  #takeOperator(): Token {
    return this.#tokens[this.#at++] ?? END
  }

  #take(): Token {
    const token = this.#peek()
    this.#at++
    return token
  }

  #peek(): Token {
    const token = this.#tokens[this.#at] ?? END
    return token.kind === "in" || token.kind === "notin" ? { kind: "identifier", text: token.text } : token
  }
}
