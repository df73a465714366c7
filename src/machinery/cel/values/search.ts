/**
 * Where one text is in another, in time linear in both. The engine's own search takes the product of both lengths for texts
 * made to that end, and both may come from clients.
 */

/** Shorter than this the engine's search is fast enough whatever the texts. */
const SHORT = 32

/** The first place at or after `from`, in UTF-16 units; -1 when there is none. */
export function findText(text: string, part: string, from = 0): number {
  if (part.length < SHORT) return text.indexOf(part, from)
  for (const at of places(text, part, from)) return at
  return -1
}

/** The last place at or before `last`, in UTF-16 units; -1 when there is none. */
export function findLastText(text: string, part: string, last: number): number {
  if (last < 0) return -1
  if (part.length < SHORT) return text.lastIndexOf(part, last)
  let found = -1
  for (const at of places(text, part, 0)) {
    if (at > last) break
    found = at
  }
  return found
}

/** All places, also those that overlap: the algorithm of Knuth, Morris and Pratt. */
function* places(text: string, part: string, from: number): Generator<number> {
  const borders = bordersOf(part)
  let matched = 0
  for (let i = from; i < text.length; i++) {
    matched = extend(part, borders, matched, text.charCodeAt(i))
    if (matched < part.length) continue
    yield i - part.length + 1
    matched = borders[matched - 1] ?? 0
  }
}

/** For each prefix the length of its longest proper prefix that it also ends with. */
function bordersOf(part: string): Int32Array {
  const borders = new Int32Array(part.length)
  let matched = 0
  for (let i = 1; i < part.length; i++) {
    matched = extend(part, borders, matched, part.charCodeAt(i))
    borders[i] = matched
  }
  return borders
}

function extend(part: string, borders: Int32Array, matched: number, unit: number): number {
  let length = matched
  while (length > 0 && part.charCodeAt(length) !== unit) length = borders[length - 1] ?? 0
  return part.charCodeAt(length) === unit ? length + 1 : length
}

/** The parts of a text between a separator that is not empty, as `split` gives them. */
export function splitText(text: string, separator: string): string[] {
  if (separator.length < SHORT) return text.split(separator)
  const parts: string[] = []
  let from = 0
  for (const at of places(text, separator, 0)) {
    if (at < from) continue
    parts.push(text.slice(from, at))
    from = at + separator.length
  }
  return [...parts, text.slice(from)]
}
