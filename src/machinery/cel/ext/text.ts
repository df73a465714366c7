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

/** At most `count` times from the left, or everywhere when it is negative. An empty `old` is before each code point and at the end. */
export function replace(text: string, old: string, by: string, count: number): string {
  if (count === 0 || old === by) return text
  const parts = old === "" ? codePoints(text) : text.split(old)
  if (old === "") return insertBetween(parts, by, count)
  const replaced = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1)
  const rest = parts.slice(replaced).join(old)
  return [...parts.slice(0, replaced), rest].join(by)
}

function insertBetween(points: readonly string[], by: string, count: number): string {
  const times = count < 0 ? points.length + 1 : Math.min(count, points.length + 1)
  const result: string[] = []
  for (let i = 0; i < times; i++) result.push(by, points[i] ?? "")
  return result.join("") + points.slice(times).join("")
}

/** At most `count` parts, the last of which holds the rest; all parts when it is negative. */
export function split(text: string, separator: string, count: number): string[] {
  if (count === 0) return []
  const parts = separator === "" ? [...codePoints(text)] : text.split(separator)
  if (count < 0 || parts.length <= count) return parts
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)]
}
