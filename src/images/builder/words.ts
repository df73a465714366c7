/** Values of variables; null for what is not set. */
export type Lookup = (name: string) => string | null

interface Options {
  readonly escape: string
  readonly lookup: Lookup
}

/**
 * Expands variables and removes quotes as Docker does in its instructions: `$x`, `${x}`, `${x:-default}`,
 * `${x:+other}`, `${x:?message}` and the same without colon; nothing inside single quotes.
 * Throws an Error that says what is wrong.
 */
export function expandWord(text: string, options: Options): string {
  return new Expander(text, options).word(null, true)
}

/** As `expandWord`, but quotes are ordinary characters, as in here-documents. */
export function expandHeredoc(text: string, options: Options): string {
  return new Expander(text, options).word(null, false)
}

/** Splits at blanks outside of quotes. Quotes and escapes stay, for `expandWord`. */
export function splitWords(text: string, escape: string): string[] {
  const words: string[] = []
  let current: string | null = null
  let quote = ""
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (quote === "" && /\s/.test(char)) {
      if (current !== null) words.push(current)
      current = null
      continue
    }
    current = (current ?? "") + char
    if (char === escape && quote !== "'" && i + 1 < text.length) current += text.charAt(++i)
    else if (quote === "" && (char === '"' || char === "'")) quote = char
    else if (char === quote) quote = ""
  }
  if (quote !== "") throw new Error(`unterminated ${quote} quote`)
  if (current !== null) words.push(current)
  return words
}

class Expander {
  readonly #text: string
  readonly #options: Options
  #at = 0

  constructor(text: string, options: Options) {
    this.#text = text
    this.#options = options
  }

  /** Reads up to `end` (a closing brace) or the end of the text. */
  word(end: string | null, quotes: boolean): string {
    let result = ""
    for (; this.#at < this.#text.length; ) {
      const char = this.#text.charAt(this.#at)
      if (char === end) return result
      if (quotes && char === "'") result += this.#singleQuoted()
      else if (quotes && char === '"') result += this.#doubleQuoted()
      else if (char === "$") result += this.#variable(quotes)
      else if (char === this.#options.escape) {
        const next = this.#text.charAt(this.#at + 1)
        // A here-document keeps its backslashes, except before a dollar sign.
        result += quotes || next === "$" ? next : char + next
        this.#at += 2
      } else {
        result += char
        this.#at++
      }
    }
    if (end !== null) throw new Error(`${JSON.stringify(this.#text)}: missing ${end}`)
    return result
  }

  #singleQuoted(): string {
    const close = this.#text.indexOf("'", this.#at + 1)
    if (close < 0) throw new Error("unterminated ' quote")
    const content = this.#text.slice(this.#at + 1, close)
    this.#at = close + 1
    return content
  }

  #doubleQuoted(): string {
    let result = ""
    this.#at++
    for (; this.#at < this.#text.length; ) {
      const char = this.#text.charAt(this.#at)
      if (char === '"') {
        this.#at++
        return result
      }
      if (char === "$") result += this.#variable(true)
      else if (char === this.#options.escape) {
        const next = this.#text.charAt(this.#at + 1)
        result += next === '"' || next === "$" || next === this.#options.escape ? next : char + next
        this.#at += 2
      } else {
        result += char
        this.#at++
      }
    }
    throw new Error('unterminated " quote')
  }

  #variable(quotes: boolean): string {
    const rest = this.#text.slice(this.#at + 1)
    const plain = /^[A-Za-z_]\w*|^[0-9@*#?$!-]/.exec(rest)?.[0]
    if (plain !== undefined) {
      this.#at += 1 + plain.length
      return this.#options.lookup(plain) ?? ""
    }
    if (!rest.startsWith("{")) {
      this.#at++
      return "$"
    }
    const name = /^\{([A-Za-z_]\w*|[0-9]+)/.exec(rest)?.[1]
    if (name === undefined) throw new Error(`${JSON.stringify(this.#text)}: bad substitution`)
    this.#at += 2 + name.length
    const value = this.#options.lookup(name)
    if (this.#text.charAt(this.#at) === "}") {
      this.#at++
      return value ?? ""
    }
    return this.#modified(name, value, quotes)
  }

  #modified(name: string, value: string | null, quotes: boolean): string {
    const operator = /^:?[-+?]/.exec(this.#text.slice(this.#at))?.[0]
    if (operator === undefined) {
      throw new Error(`\${${name}…}: unsupported modifier; use :- :+ :? or the same without colon`)
    }
    this.#at += operator.length
    const word = this.word("}", quotes)
    this.#at++
    const isSet = operator.startsWith(":") ? value !== null && value !== "" : value !== null
    switch (operator.at(-1)) {
      case "-":
        return isSet ? (value ?? "") : word
      case "+":
        return isSet ? word : ""
      default:
        if (isSet) return value ?? ""
        throw new Error(`${name}: ${word || "is not set"}`)
    }
  }
}
