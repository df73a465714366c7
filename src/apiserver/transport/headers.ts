import type { ResponseHeaders } from "./exchange.ts"

/** Headers that every answer carries, and the forms of the special ones. */
export function baseHeaders(auditId: string): ResponseHeaders {
  return { "audit-id": auditId, "cache-control": "no-cache, private" }
}

// RFC 7234 5.5 allows any text; Kubernetes' clients read at most this much of all warnings together.
const WARNING_CHARACTERS_MAX = 4096

/** `Warning` header values: `299 - "text"`. Control characters and what does not fit are left out. */
export function warningHeaders(texts: readonly string[]): string[] {
  const values: string[] = []
  let room = WARNING_CHARACTERS_MAX
  for (const text of texts) {
    const clean = text.replace(/[\u0000-\u001f\u007f]+/g, " ").replace(/[^\u0020-\u00ff]/g, "?")
    const value = `299 - "${clean.replace(/[\\"]/g, "\\$&")}"`
    room -= value.length
    if (room < 0) break
    values.push(value)
  }
  return values
}
