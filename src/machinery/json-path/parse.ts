/**
 * JSONPath as kubectl and the columns of custom resources have it: fields, quoted fields, indexes, slices, unions,
 * wildcards, recursive descent and filters. https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */

export type Node =
  | { readonly type: "field"; readonly name: string }
  | { readonly type: "wildcard" }
  | { readonly type: "recursive" }
  | { readonly type: "slice"; readonly from?: number; readonly to?: Bound; readonly step?: number }
  | { readonly type: "union"; readonly paths: readonly Path[] }
  | { readonly type: "filter"; readonly left: Path; readonly operator: string; readonly right: Path }
  | { readonly type: "literal"; readonly value: string | number | boolean }
export type Path = readonly Node[]
interface Bound {
  readonly index: number
  /** The slice is one index, `[-1]` also. */
  readonly derived: boolean
}

export class JsonPathError extends Error {}

/** A path without the braces that templates put around it. Throws `JsonPathError`. */
export function parseJsonPath(text: string): Path {
  return new Parser(text).parse()
}

const TERMINATORS = new Set([" ", "\t", "\r", "\n", ".", ",", "[", "]", "$", "@", "{", "}"])
const COMPARISON = /^([^!<>=]+)([!<>=]+)(.+?)$/
const KEY = /^'([^']*)'$/
const SLICE = /^(-?[\d]*)(:-?[\d]*)?(:-?[\d]*)?$/

class Parser {
  readonly #text: string
  #at = 0
  readonly #nodes: Node[] = []

  constructor(text: string) {
    this.#text = text
  }

  parse(): Path {
    while (this.#at < this.#text.length) {
      const rest = this.#text.slice(this.#at, this.#at + 3)
      const first = rest.slice(0, 1)
      if (rest === "[?(") this.#filter()
      else if (rest.startsWith("..")) this.#recursive()
      else if (first === "[") this.#brackets()
      else if (first === '"' || first === "'") this.#quoted(first)
      else if (/^[+\-\d]/.test(first)) this.#number()
      else if (/^[\p{L}\p{Nd}_]/u.test(first)) this.#word()
      else if (first === ".") this.#field(1)
      else if (first === " " || first === "@" || first === "$") this.#at++
      // The end of the template; what follows is another one.
      else if (first === "}") break
      else throw new JsonPathError(`unrecognized character in action: ${JSON.stringify(first)}`)
    }
    return this.#nodes
  }

  #field(skipped: number): void {
    const name = this.#identifier(skipped)
    this.#nodes.push(name === "*" ? { type: "wildcard" } : { type: "field", name: name.replaceAll("\\", "") })
  }

  #identifier(skipped: number): string {
    const start = this.#at + skipped
    let end = start
    while (end < this.#text.length && !TERMINATORS.has(this.#text.slice(end, end + 1))) {
      end += this.#text.slice(end, end + 1) === "\\" ? 2 : 1
    }
    this.#at = Math.min(end, this.#text.length)
    return this.#text.slice(start, this.#at)
  }

  #word(): void {
    const word = this.#identifier(0)
    if (word !== "true" && word !== "false") throw new JsonPathError(`unrecognized identifier ${word}`)
    this.#nodes.push({ type: "literal", value: word === "true" })
  }

  #recursive(): void {
    if (this.#nodes.at(-1)?.type === "recursive") throw new JsonPathError("invalid multiple recursive descent")
    this.#nodes.push({ type: "recursive" })
    this.#at += 2
    if (/^[\p{L}\p{Nd}_]/u.test(this.#text.slice(this.#at))) this.#field(0)
  }

  #number(): void {
    const [text = ""] = /^[+-]?[\d.]*/.exec(this.#text.slice(this.#at)) ?? []
    const value = Number(text)
    if (!/\d/.test(text) || Number.isNaN(value)) throw new JsonPathError(`cannot parse number ${text}`)
    this.#at += text.length
    this.#nodes.push({ type: "literal", value })
  }

  #quoted(quote: string): void {
    let end = this.#at + 1
    while (this.#text.slice(end, end + 1) !== quote || this.#text.slice(end - 1, end) === "\\") {
      if (end >= this.#text.length) throw new JsonPathError("unterminated quoted string")
      end++
    }
    const value = unquote(this.#text.slice(this.#at + 1, end))
    this.#at = end + 1
    this.#nodes.push({ type: "literal", value })
  }

  #brackets(): void {
    const end = this.#text.indexOf("]", this.#at)
    if (end < 0) throw new JsonPathError("unterminated array")
    const inside = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    this.#nodes.push(...bracketNodes(inside))
  }

  #filter(): void {
    const { inside, end } = filterText(this.#text, this.#at + 3)
    this.#at = end
    const [, left, operator, right] = COMPARISON.exec(inside) ?? []
    if (left === undefined || operator === undefined || right === undefined) {
      this.#nodes.push({ type: "filter", left: parseJsonPath(inside), operator: "exists", right: [] })
      return
    }
    this.#nodes.push({ type: "filter", left: parseJsonPath(left), operator, right: parseJsonPath(right) })
  }
}

/** What stands between `[?(` and `)]`: a closing bracket in quotes does not end it. */
function filterText(text: string, start: number): { readonly inside: string; readonly end: number } {
  let quote: string | undefined
  let closed = false
  for (let at = start; at < text.length; at++) {
    const char = text.slice(at, at + 1)
    if ((char === '"' || char === "'") && quote === undefined) quote = char
    else if (char === quote && text.slice(at - 1, at) !== "\\") closed = true
    else if (char === ")" && (quote !== undefined) === closed) {
      if (text.slice(at + 1, at + 2) !== "]") throw new JsonPathError("unclosed array expect ]")
      return { inside: text.slice(start, at), end: at + 2 }
    }
  }
  throw new JsonPathError("unterminated filter")
}

function bracketNodes(inside: string): readonly Node[] {
  const parts = inside.split(",")
  if (parts.length > 1) return [{ type: "union", paths: parts.map((part) => bracketNodes(part.trim())) }]
  const key = KEY.exec(inside)?.[1]
  if (key !== undefined) return parseJsonPath(`.${key}`)
  const match = SLICE.exec(inside === "*" ? ":" : inside)
  if (match === null) throw new JsonPathError(`invalid array index ${inside}`)
  const [, first = "", second, third = ""] = match
  const from = first === "" ? undefined : Number(first)
  const to =
    second === undefined
      ? { index: (from ?? 0) + 1, derived: true }
      : second === ":"
        ? undefined
        : { index: Number(second.slice(1)), derived: false }
  const step = third.length > 1 ? Number(third.slice(1)) : undefined
  return [
    {
      type: "slice",
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(step !== undefined && { step }),
    },
  ]
}

const ESCAPES = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["a", "\u0007"],
  ["b", "\b"],
  ["f", "\f"],
  ["v", "\v"],
])

function unquote(text: string): string {
  return text.replace(/\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|(.))/gs, (_all, u?: string, x?: string, one = "") => {
    const code = u ?? x
    return code === undefined ? (ESCAPES.get(one) ?? one) : String.fromCharCode(Number.parseInt(code, 16))
  })
}
