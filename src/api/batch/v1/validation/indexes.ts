import { quote } from "../../../../machinery/field/quote.ts"

/** Indexes of pods as numbers and ranges in ascending order, such as `1,3-5`. */

interface Range {
  readonly first: number
  readonly last: number
}
type Parsed<T> = { readonly value: T } | { readonly problem: string }

/** How many indexes the text names, or what is wrong with it. */
export function countIndexes(text: string, completions: number): Parsed<number> {
  let total = 0
  let before = -1
  if (text === "") return { value: 0 }
  for (const part of text.split(",")) {
    const range = parseRange(part, completions)
    if ("problem" in range) return range
    const { first, last } = range.value
    if (before >= first) return { problem: `non-increasing order, previous: ${before}, current: ${first}` }
    total += last - first + 1
    before = last
  }
  return { value: total }
}

function parseRange(text: string, completions: number): Parsed<Range> {
  const [firstText = "", lastText, ...more] = text.split("-")
  if (more.length > 0) {
    const rule = "violates the requirement that an index interval can have at most two parts separated by '-'"
    return { problem: `the fragment ${quote(text)} ${rule}` }
  }
  const first = parseIndex(firstText, completions)
  if ("problem" in first || lastText === undefined) {
    return "problem" in first ? first : { value: { first: first.value, last: first.value } }
  }
  const last = parseIndex(lastText, completions)
  if ("problem" in last) return last
  if (first.value >= last.value) {
    return { problem: `non-increasing order, previous: ${first.value}, current: ${last.value}` }
  }
  return { value: { first: first.value, last: last.value } }
}

function parseIndex(text: string, completions: number): Parsed<number> {
  if (!/^\+?\d+$/.test(text)) return { problem: `cannot convert string to integer for index: ${quote(text)}` }
  const value = Number(text)
  return value >= completions ? { problem: `too large index: ${quote(text)}` } : { value }
}

/** The first index that both texts name. What cannot be read is skipped; the format is checked elsewhere. */
export function overlap(left: string, right: string, completions: number): number | undefined {
  const ranges = (text: string) =>
    text.split(",").flatMap((part) => {
      const range = parseRange(part, completions)
      return "problem" in range ? [] : [range.value]
    })
  const others = ranges(right)
  let at = 0
  for (const range of ranges(left)) {
    for (let other = others[at]; other !== undefined && other.first <= range.last; other = others[++at]) {
      if (range.first <= other.last) return Math.max(range.first, other.first)
    }
  }
  return undefined
}
