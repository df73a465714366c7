import { countMembers, scanJson } from "./scan.ts"
import { StrictParser } from "./strict-parser.ts"
import { JsonSyntaxError } from "./syntax-error.ts"

/** Deeper nesting serves only to exhaust the stack. */
export const DEPTH_MAX = 512
/** What is stored may be deeper than what was sent: managed fields say the same again, some levels further down. */
export const STORED_DEPTH_MAX = 2 * DEPTH_MAX

export interface ParsedJson {
  readonly value: unknown
  /** Paths of members that stand more than once, such as `spec.containers[0].name`. The last one counts. */
  readonly duplicates: readonly string[]
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Bytes as text. Throws `JsonSyntaxError` when they are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new JsonSyntaxError(`the body is not valid UTF-8${cause instanceof RangeError ? " (too large)" : ""}`)
  }
}

/**
 * Parses JSON and tells which members are repeated. Integers beyond 2^53 become `ExactNumber`. Members named
 * `__proto__` are data. Throws `JsonSyntaxError`.
 */
export function parseJson(input: string | Uint8Array, depthMax = DEPTH_MAX): ParsedJson {
  const text = typeof input === "string" ? input : decodeUtf8(input)
  const scan = scanJson(text)
  // The engine's parser is several times faster; ours runs only where it would lose something or say too little.
  if (scan.depth <= depthMax && !scan.longNumber) {
    const value = parseNatively(text)
    if (value !== undefined && countMembers(value) === scan.members) return { value, duplicates: [] }
  }
  const parser = new StrictParser(text, depthMax)
  return { value: parser.parse(), duplicates: parser.duplicates }
}

function parseNatively(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The strict parser finds the same problem and words it.
    return undefined
  }
}
