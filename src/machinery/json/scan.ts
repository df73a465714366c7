/** What a quick look at JSON text tells before it is parsed. Only meaningful for text that is valid JSON. */
export interface Scan {
  /** Object members in the text, repeated ones counted each time. */
  readonly members: number
  /** Deepest nesting of objects and lists. */
  readonly depth: number
  /** Some number may not survive as a double: it is long, or has an exponent. */
  readonly longNumber: boolean
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

/** Digits that a double always holds. */
const DIGITS_SAFE = 15

/** One pass over the text, without allocation. */
export function scanJson(text: string): Scan {
  let members = 0
  let depth = 0
  let depthMax = 0
  let longNumber = false
  let run = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x30 && code <= 0x39) {
      if (++run > DIGITS_SAFE) longNumber = true
      continue
    }
    if ((code | 0x20) === 0x65 && run > 0) longNumber = true
    if (code === 0x2e && run > 0) continue
    run = 0
    if (code === QUOTE) i = endOfString(text, i)
    else if (code === COLON) members++
    else if ((code | 0x20) === 0x7b) depthMax = Math.max(depthMax, ++depth)
    else if ((code | 0x20) === 0x7d) depth--
  }
  return { members, depth: depthMax, longNumber }
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return end
  }
  return text.length
}

/** Members of a parsed value; fewer than the text has means that some were repeated. */
export function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === "object") count += countMembers(item)
    return count
  }
  for (const member of Object.values(value)) {
    count++
    if (typeof member === "object") count += countMembers(member)
  }
  return count
}
