import { numberFromText } from "./exact-number.ts"
import { JsonSyntaxError } from "./syntax-error.ts"

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const STRING = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SPACE = /[ \t\r\n]*/y

/** Repeated members are listed up to this many, as Kubernetes does. */
const DUPLICATES_MAX = 100

/** The slow, obvious JSON parser: finds repeated members, keeps long integers, and words errors as Go does. */
export class StrictParser {
  readonly duplicates: string[] = []
  readonly #text: string
  readonly #depthMax: number
  #at = 0
  #depth = 0

  constructor(text: string, depthMax: number) {
    this.#text = text
    this.#depthMax = depthMax
  }

  parse(): unknown {
    const value = this.#value("")
    this.#space()
    if (this.#at < this.#text.length) this.#fail("after top-level value")
    return value
  }

  #value(path: string): unknown {
    this.#space()
    const first = this.#text[this.#at]
    switch (first) {
      case "{":
        return this.#nested(() => this.#object(path))
      case "[":
        return this.#nested(() => this.#list(path))
      case '"':
        return this.#string()
      case "t":
        return this.#literal("true", true)
      case "f":
        return this.#literal("false", false)
      case "n":
        return this.#literal("null", null)
      default:
        return this.#number()
    }
  }

  #nested(read: () => unknown): unknown {
    if (++this.#depth > this.#depthMax) {
      throw new JsonSyntaxError(`exceeded max depth: JSON is nested more than ${this.#depthMax} levels deep`)
    }
    const value = read()
    this.#depth--
    return value
  }

  #object(path: string): unknown {
    const object: Record<string, unknown> = {}
    this.#at++
    this.#space()
    if (this.#accept("}")) return object
    for (;;) {
      this.#space()
      if (this.#text[this.#at] !== '"') this.#fail("looking for beginning of object key string")
      const key = this.#string()
      this.#space()
      if (!this.#accept(":")) this.#fail("after object key")
      const memberPath = path === "" ? key : `${path}.${key}`
      if (Object.hasOwn(object, key)) this.#duplicate(memberPath)
      // Plain assignment to `__proto__` would change the prototype.
      const value = this.#value(memberPath)
      if (key === "__proto__") Object.defineProperty(object, key, { value, ...WRITABLE })
      else object[key] = value
      this.#space()
      if (this.#accept("}")) return object
      if (!this.#accept(",")) this.#fail("after object key:value pair")
    }
  }

  #list(path: string): unknown {
    const list: unknown[] = []
    this.#at++
    this.#space()
    if (this.#accept("]")) return list
    for (;;) {
      list.push(this.#value(`${path}[${list.length}]`))
      this.#space()
      if (this.#accept("]")) return list
      if (!this.#accept(",")) this.#fail("after array element")
    }
  }

  #string(): string {
    const text = this.#match(STRING)
    if (text !== undefined) return JSON.parse(text) as string
    const rest = this.#text.slice(this.#at)
    const broken = /^"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/.exec(rest)?.[0] ?? ""
    this.#at += broken.length
    if (this.#text[this.#at] === "\\") {
      this.#at++
      this.#fail("in string escape code")
    }
    return this.#fail("in string literal")
  }

  #number(): unknown {
    const text = this.#match(NUMBER)
    if (text === undefined) {
      if (this.#accept("-")) this.#fail("in numeric literal")
      return this.#fail("looking for beginning of value")
    }
    const value = numberFromText(text)
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      throw new JsonSyntaxError(`json: cannot unmarshal number ${text} into Go value of type float64`)
    }
    return value
  }

  #literal<T>(word: string, value: T): T {
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) this.#fail(`in literal ${word} (expecting '${letter}')`)
      this.#at++
    }
    return value
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #space(): void {
    this.#match(SPACE)
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #duplicate(path: string): void {
    if (this.duplicates.length < DUPLICATES_MAX && !this.duplicates.includes(path)) this.duplicates.push(path)
  }

  #fail(where: string): never {
    const found = this.#text.codePointAt(this.#at)
    if (found === undefined) throw new JsonSyntaxError("unexpected end of JSON input")
    throw new JsonSyntaxError(`invalid character ${quoteCharacter(String.fromCodePoint(found))} ${where}`)
  }
}

const WRITABLE = { writable: true, enumerable: true, configurable: true } as const

function quoteCharacter(character: string): string {
  if (character === "'") return "'\\''"
  if (character === '"') return "'\"'"
  return `'${JSON.stringify(character).slice(1, -1)}'`
}
