import { CelError } from "../error.ts"
import { splitText } from "../values/search.ts"

/** The code points of a text as texts, which is what CEL counts. */
export function codePoints(text: string): readonly string[] {
  return Array.from(text)
}

const SPACE = /\p{White_Space}/u

/** Without the white space, as Unicode defines it, at both ends. */
export function trimSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && SPACE.test(text[start] ?? "")) start++
  while (end > start && SPACE.test(text[end - 1] ?? "")) end--
  return text.slice(start, end)
}

/** Longer texts are not made: a few references to a large text could name more than there is memory for. */
const LENGTH_MAX = 2 ** 24

/** An error when the result would be too long. */
export function joinTexts(parts: readonly string[], separator: string): string | CelError {
  let length = separator.length * Math.max(parts.length - 1, 0)
  for (const part of parts) length += part.length
  return length > LENGTH_MAX ? tooLong() : parts.join(separator)
}

export function isTooLong(length: number): boolean {
  return length > LENGTH_MAX
}

export function tooLong(): CelError {
  return new CelError(`text would be longer than ${LENGTH_MAX} characters`)
}

/**
 * At most `count` times from the left, or everywhere when it is negative. An empty `old` is before each code point and at
 * the end.
 */
export function replace(text: string, old: string, by: string, count: number): string | CelError {
  if (count === 0 || old === by) return text
  if (old === "") return insertBetween(codePoints(text), by, count)
  const parts = splitText(text, old)
  const replaced = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1)
  const rest = parts.slice(replaced).join(old)
  return joinTexts([...parts.slice(0, replaced), rest], by)
}

function insertBetween(points: readonly string[], by: string, count: number): string | CelError {
  const times = count < 0 ? points.length + 1 : Math.min(count, points.length + 1)
  const result: string[] = []
  for (let i = 0; i < times; i++) result.push(by, points[i] ?? "")
  return joinTexts([...result, ...points.slice(times)], "")
}

/** At most `count` parts, the last of which holds the rest; all parts when it is negative. */
export function split(text: string, separator: string, count: number): string[] {
  if (count === 0) return []
  const parts = separator === "" ? [...codePoints(text)] : splitText(text, separator)
  if (count < 0 || parts.length <= count) return parts
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)]
}
