import type { ResponseHeaders } from "./exchange.ts"

/** Headers that every answer carries, and the forms of the special ones. */
export function baseHeaders(auditId: string): ResponseHeaders {
  return { "audit-id": auditId, "cache-control": "no-cache, private" }
}

// RFC 7234 5.5 allows any text; the figures are Kubernetes'.
const WARNING_CHARACTERS_MAX = 4096
const LONG_WARNING_CHARACTERS_MAX = 256
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/**
 * `Warning` header values: `299 - "text"`. When there is too much, each is cut, and what then does not fit is left out.
 * Kubernetes leaves out texts with control characters; here they become spaces.
 */
export function warningHeaders(texts: readonly string[]): string[] {
  const clean = texts.map((text) => [...text].map((one) => (CONTROL.test(one) ? " " : one)))
  const total = clean.reduce((sum, characters) => sum + characters.length, 0)
  if (total <= WARNING_CHARACTERS_MAX) return clean.map(warningHeader)
  const values: string[] = []
  let written = 0
  for (const characters of clean) {
    if (written >= WARNING_CHARACTERS_MAX) break
    const cut = characters.slice(0, LONG_WARNING_CHARACTERS_MAX)
    written += cut.length
    values.push(warningHeader(cut))
  }
  return values
}

function warningHeader(characters: readonly string[]): string {
  const quoted = characters.join("").replace(/[\\"]/g, "\\$&")
  // Headers are bytes, and clients read these as UTF-8.
  return `299 - "${Buffer.from(quoted).toString("latin1")}"`
}
