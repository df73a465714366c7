import { FieldPath } from "../../field/path.ts"
import type { StructuralSchema } from "../../structural/structural-schema.ts"

/** Why a rule's `fieldPath` leads nowhere. */
export class RuleFieldPathError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "RuleFieldPathError"
  }
}

/** Single-quoted texts with what they escape, the three delimiters, and what is between them. */
const TOKEN = /'(?:[^'\\]|\\.|\\(?=$))*'|[.[\]]|[^.[\]']+(?:'[^.[\]]*)?|'.*$/gsu

const ESCAPES = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["'", "'"],
  ["\\", "\\"],
])

/** Reads `.spec.foo['a.b']` along a schema. Throws `RuleFieldPathError`. */
export function parseRuleFieldPath(text: string, schema: StructuralSchema): FieldPath {
  const tokens = text.match(TOKEN) ?? []
  let path = FieldPath.root()
  let at: StructuralSchema = schema
  for (let i = 0; i < tokens.length; ) {
    const token = tokens[i++] ?? ""
    if (token !== "." && token !== "[") throw new RuleFieldPathError(`expected [ or . but got: ${token}`)
    const next = tokens[i++]
    if (next === undefined) throw new RuleFieldPathError("unexpected end of JSON path")
    const name = token === "." ? next : unquote(next)
    const isNamed = at.properties.size > 0
    const child = isNamed ? at.properties.get(name) : at.additionalProperties
    if (typeof child !== "object") throw new RuleFieldPathError("does not refer to a valid field")
    path = isNamed ? path.child(name) : path.key(name)
    at = child
    if (token === ".") continue
    const close = tokens[i++]
    if (close === undefined) throw new RuleFieldPathError("unexpected end of JSON path")
    if (close !== "]") throw new RuleFieldPathError(`expected ] but got ${close}`)
  }
  return path
}

function unquote(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'")) {
    throw new RuleFieldPathError(`expected single quoted string but got ${token}`)
  }
  return token.slice(1, -1).replace(/\\(.)/gsu, (escape, character: string) => {
    const meant = ESCAPES.get(character)
    if (meant === undefined) throw new RuleFieldPathError(`invalid string literal: invalid escape char ${escape}`)
    return meant
  })
}
