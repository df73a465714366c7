const NAMED_ESCAPES = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
])

/** Everything Go's `strconv.IsPrint` refuses, plus the two characters that always need an escape. */
const NEEDS_ESCAPE = /["\\]|[^\P{C}]|[^\P{Z} ]/gu
const PLAIN = /^[ !#-[\]-~]*$/

/** The text as Go's `%q` prints it: error messages quote names and values this way. */
export function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  return `"${text.replace(NEEDS_ESCAPE, escapeCharacter)}"`
}

function escapeCharacter(character: string): string {
  const named = NAMED_ESCAPES.get(character)
  if (named !== undefined) return named
  const code = character.codePointAt(0) ?? 0
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`
  return `\\U${code.toString(16).padStart(8, "0")}`
}
