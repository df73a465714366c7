import { INT_MAX, INT_MIN, UINT_MAX } from "../value.ts"

/** Undefined for what is greater than 64 bits hold. */
export function parseInteger(text: string, negative: boolean): bigint | undefined {
  const value = negative ? -BigInt(text) : BigInt(text)
  return value < INT_MIN || value > INT_MAX ? undefined : value
}

export function parseUnsigned(text: string): bigint | undefined {
  const value = BigInt(text.slice(0, -1))
  return value > UINT_MAX ? undefined : value
}

export function parseDouble(text: string): number | undefined {
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

const SIMPLE_ESCAPES = new Map([
  ["a", "\u0007"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
])
const ESCAPE = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([^]))/g

/** The text between the quotes of a literal that the lexer accepted, with escapes as written. */
function contents(literal: string): { raw: boolean; text: string } {
  const raw = /^[rR]/.test(literal)
  const quoted = (raw ? literal.slice(1) : literal).replace(/\r\n?/g, "\n")
  const quote = /^("""|''')/.test(quoted) && quoted.length >= 6 ? 3 : 1
  return { raw, text: quoted.slice(quote, -quote) }
}

/** The value of a string literal; undefined when an escape names no code point. */
export function unescapeString(literal: string): string | undefined {
  const { raw, text } = contents(literal)
  if (raw) return text
  let valid = true
  const value = text.replace(
    ESCAPE,
    (_, hex?: string, short?: string, long?: string, octal?: string, other?: string) => {
      if (other !== undefined) return SIMPLE_ESCAPES.get(other) ?? other
      const code = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? "0", 16) : Number.parseInt(octal, 8)
      valid &&= code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
      return valid ? String.fromCodePoint(code) : ""
    },
  )
  return valid ? value : undefined
}

/** The value of a bytes literal, without its `b`: escapes are bytes. Undefined for escapes of code points. */
export function unescapeBytes(literal: string): Uint8Array | undefined {
  const { raw, text } = contents(literal)
  if (raw) return Buffer.from(text)
  const parts: Uint8Array[] = []
  let done = 0
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, hex, short, long, octal, other] = match
    if (short !== undefined || long !== undefined) return undefined
    parts.push(Buffer.from(text.slice(done, match.index)))
    if (other !== undefined) parts.push(Buffer.from(SIMPLE_ESCAPES.get(other) ?? other))
    else parts.push(Uint8Array.of(octal === undefined ? Number.parseInt(hex ?? "0", 16) : Number.parseInt(octal, 8)))
    done = match.index + whole.length
  }
  parts.push(Buffer.from(text.slice(done)))
  // A plain array of bytes, not Node's Buffer: values are compared and shown by type.
  return new Uint8Array(Buffer.concat(parts))
}
