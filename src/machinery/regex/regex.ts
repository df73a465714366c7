import { RE2JS } from "re2js"
import { messageOf } from "../status/message-of.ts"

/**
 * Regular expressions as Go's `regexp` knows them (RE2 syntax: no backreferences, no look-around), matched in time linear
 * in the text whatever the pattern. Every pattern that comes from a client runs here, never in JavaScript's own engine,
 * whose time can grow exponentially. https://github.com/google/re2/wiki/Syntax
 *
 * One difference is known: two groups of one name are refused here, and accepted by Go.
 */
export interface Regex {
  readonly pattern: string
  /** Whether the pattern matches anywhere in `text`. */
  test(text: string): boolean
  /** The leftmost match, or nothing. */
  find(text: string): string | undefined
  /** All matches from left to right that do not overlap, at most `countMax` when it is not negative. */
  findAll(text: string, countMax?: number): string[]
}

/** A pattern that is no RE2 expression; the message is the one Go gives. */
export class RegexError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "RegexError"
  }
}

/** Patterns of clients are few and used often; the rest must not gather. */
const COMPILED_MAX = 1000
const compiled = new Map<string, Regex>()

/** Throws `RegexError`. The same pattern is compiled once. */
export function compileRegex(pattern: string): Regex {
  const found = compiled.get(pattern)
  if (found !== undefined) return found
  const regex = new Re2Regex(pattern)
  if (compiled.size >= COMPILED_MAX) compiled.clear()
  compiled.set(pattern, regex)
  return regex
}

class Re2Regex implements Regex {
  readonly pattern: string
  readonly #program: RE2JS

  constructor(pattern: string) {
    this.pattern = pattern
    this.#program = compileOrThrow(pattern)
  }

  test(text: string): boolean {
    return this.#program.matcher(text).find()
  }

  find(text: string): string | undefined {
    const matcher = this.#program.matcher(text)
    return matcher.find() ? text.slice(matcher.start(), matcher.end()) : undefined
  }

  findAll(text: string, countMax = -1): string[] {
    const matcher = this.#program.matcher(text)
    const matches: string[] = []
    const most = countMax < 0 ? Number.POSITIVE_INFINITY : countMax
    let previousEnd = -1
    for (let at = 0; at <= text.length && matches.length < most && matcher.find(at); ) {
      const start = matcher.start()
      const end = matcher.end()
      // An empty match right after another match is no match of its own.
      if (end > at || start !== previousEnd) matches.push(text.slice(start, end))
      at = end > at ? end : at + characterLength(text, at)
      previousEnd = end
    }
    return matches
  }
}

function compileOrThrow(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    const message = messageOf(cause)
    // Go names the rest of the pattern after every error, also where nothing is left.
    const complete = message.endsWith("trailing backslash at end of expression") ? `${message}: \`\`` : message
    throw new RegexError(complete, { cause })
  }
}

function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}
