import { add, COST_MAX, multiply, multiplyByFactor, type SizeEstimate } from "../cost/estimate.ts"
import type { CelLibrary, EstimateCall, FunctionDeclaration } from "../declarations.ts"
import { CelError } from "../error.ts"
import { type CelList, ValueList } from "../list.ts"
import { type Costs, method, overload } from "../stdlib/overloads.ts"
import { dynType, intType, listOf, stringType } from "../types.ts"
import type { CelResult } from "../value.ts"
import { findLastText, findText } from "../values/search.ts"
import { codePointCount } from "../values/text.ts"
import { actualSize, elementNode, perUnit, sizeOf, TRAVERSAL, traversal } from "./cost.ts"
import { formatText } from "./format.ts"
import { codePoints, joinTexts, replace, split, trimSpace } from "./text.ts"

const strings = listOf(stringType)
const reading = perUnit(TRAVERSAL, { resultHasSize: true })

const outOfRange = (index: bigint) => new CelError(`index out of range: ${index}`)

function charAt(text: string, index: bigint): CelResult {
  const points = codePoints(text)
  if (index < 0n || index > points.length) return outOfRange(index)
  return points[Number(index)] ?? ""
}

function indexOf(text: string, sought: string, from = 0n): CelResult {
  if (sought === "") return from
  if (from < 0n) return outOfRange(from)
  const start = unitAt(text, from)
  return start === undefined ? -1n : pointAt(text, findText(text, sought, start))
}

function lastIndexOf(text: string, sought: string, from?: bigint): CelResult {
  if (sought === "") return from ?? BigInt(codePointCount(text))
  if (from !== undefined && from < 0n) return outOfRange(from)
  const last = from === undefined ? text.length : unitAt(text, from)
  return last === undefined ? -1n : pointAt(text, findLastText(text, sought, last))
}

/** Where a code point begins, in UTF-16 units; undefined when the text has fewer. */
function unitAt(text: string, point: bigint): number | undefined {
  if (point >= text.length) return undefined
  let at = 0
  for (let left = Number(point); left > 0 && at < text.length; left--)
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return at < text.length ? at : undefined
}

/** Which code point begins at the unit; -1 stays -1. */
function pointAt(text: string, unit: number): bigint {
  return unit < 0 ? -1n : BigInt(codePointCount(text.slice(0, unit)))
}

function substring(text: string, start: bigint, end?: bigint): CelResult {
  const points = codePoints(text)
  if (end !== undefined && start > end) {
    return new CelError(`invalid substring range. start: ${start}, end: ${end}`)
  }
  if (start < 0n || start > points.length) return outOfRange(start)
  if (end !== undefined && end > points.length) return outOfRange(end)
  return points.slice(Number(start), end === undefined ? undefined : Number(end)).join("")
}

function join(list: CelList, separator = ""): CelResult {
  const parts: string[] = []
  for (const part of list) {
    if (part instanceof CelError) return part
    if (typeof part !== "string") return new CelError(`join: invalid input: ${String(part)}`)
    parts.push(part)
  }
  return joinTexts(parts, separator)
}

const lowerAscii = (text: string) => text.replace(/[A-Z]+/g, (upper) => upper.toLowerCase())
const upperAscii = (text: string) => text.replace(/[a-z]+/g, (lower) => lower.toUpperCase())

const ESCAPES = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
])

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
const quoted = (text: string) => `"${text.replace(/[\x07-\r\\"]/g, (found) => ESCAPES.get(found) ?? found)}"`

const estimateReplace: EstimateCall = (estimateSize, target, [old, by]) => {
  if (target === undefined) return undefined
  const size = sizeOf(estimateSize, target)
  const sought = sizeOf(estimateSize, old)
  const replacement = sizeOf(estimateSize, by)
  const most = longestResult(size.max, sought.min, replacement.max)
  const least = shortestResult(size.min, sought.max, replacement.min)
  const resultSize = { min: Math.min(least, COST_MAX), max: Math.min(most, COST_MAX) }
  return { cost: multiplyByFactor(size, 2 * TRAVERSAL), resultSize }
}

/** Of a text with as many of the shortest sought texts in it as can be. */
function longestResult(length: number, sought: number, replacement: number): number {
  if (sought === 0) return (length + 1) * replacement + length
  if (replacement <= sought) return length
  return Math.ceil(length / sought) * replacement
}

function shortestResult(length: number, sought: number, replacement: number): number {
  if (sought === 0) return (length + 1) * replacement + length
  if (sought <= replacement) return length
  return Math.ceil(length / sought) * replacement
}

const replacing: Costs = { ...perUnit(2 * TRAVERSAL), estimateCost: estimateReplace }

const estimateSplit: EstimateCall = (estimateSize, target, args) => {
  if (target === undefined) return undefined
  const size = sizeOf(estimateSize, target)
  const limit = args[1]?.expression
  const literal =
    limit?.kind === "literal" && typeof limit.value === "bigint" ? BigInt.asUintN(64, limit.value) : undefined
  const max = literal === undefined ? size.max : Number(literal)
  return { cost: multiplyByFactor(size, 2 * TRAVERSAL), resultSize: { min: 0, max } }
}

const splitting: Costs = { ...perUnit(2 * TRAVERSAL), estimateCost: estimateSplit }

const estimateJoin: EstimateCall = (estimateSize, target, [separator]) => {
  if (target === undefined) return undefined
  const listSize = sizeOf(estimateSize, target)
  const element = elementNode(target)
  let size: SizeEstimate =
    element === undefined ? { min: 0, max: 0 } : multiply(listSize, sizeOf(estimateSize, element))
  if (separator !== undefined) {
    const count = { min: Math.max(listSize.min - 1, 0), max: Math.max(listSize.max - 1, 0) }
    size = add(size, multiply(sizeOf(estimateSize, separator), count))
  }
  return { cost: multiplyByFactor(size, TRAVERSAL), resultSize: size }
}

const joining: Costs = {
  cost: (_, result) => Math.ceil(actualSize(result) * 2 * TRAVERSAL),
  estimateCost: estimateJoin,
}

const functions: readonly FunctionDeclaration[] = [
  { name: "charAt", overloads: [method("string_char_at_int", [stringType, intType], stringType, charAt)] },
  {
    name: "indexOf",
    overloads: [
      method("string_index_of_string", [stringType, stringType], intType, indexOf, traversal),
      method("string_index_of_string_int", [stringType, stringType, intType], intType, indexOf, traversal),
    ],
  },
  {
    name: "lastIndexOf",
    overloads: [
      method("string_last_index_of_string", [stringType, stringType], intType, lastIndexOf, traversal),
      method("string_last_index_of_string_int", [stringType, stringType, intType], intType, lastIndexOf, traversal),
    ],
  },
  { name: "lowerAscii", overloads: [method("string_lower_ascii", [stringType], stringType, lowerAscii, reading)] },
  { name: "upperAscii", overloads: [method("string_upper_ascii", [stringType], stringType, upperAscii, reading)] },
  { name: "trim", overloads: [method("string_trim", [stringType], stringType, trimSpace, reading)] },
  {
    name: "substring",
    overloads: [
      method("string_substring_int", [stringType, intType], stringType, substring, reading),
      method("string_substring_int_int", [stringType, intType, intType], stringType, substring, reading),
    ],
  },
  {
    name: "replace",
    overloads: [
      method(
        "string_replace_string_string",
        [stringType, stringType, stringType],
        stringType,
        (text: string, old: string, by: string) => replace(text, old, by, -1),
        replacing,
      ),
      method(
        "string_replace_string_string_int",
        [stringType, stringType, stringType, intType],
        stringType,
        (text: string, old: string, by: string, count: bigint) => replace(text, old, by, Number(count)),
        replacing,
      ),
    ],
  },
  {
    name: "split",
    overloads: [
      method(
        "string_split_string",
        [stringType, stringType],
        strings,
        (text: string, separator: string) => new ValueList(split(text, separator, -1)),
        splitting,
      ),
      method(
        "string_split_string_int",
        [stringType, stringType, intType],
        strings,
        (text: string, separator: string, count: bigint) => new ValueList(split(text, separator, Number(count))),
        splitting,
      ),
    ],
  },
  {
    name: "join",
    overloads: [
      method("list_join", [strings], stringType, join, joining),
      method("list_join_string", [strings, stringType], stringType, join, joining),
    ],
  },
  { name: "format", overloads: [method("string_format", [stringType, listOf(dynType)], stringType, formatText)] },
  { name: "strings.quote", overloads: [overload("strings_quote", [stringType], stringType, quoted)] },
]

/** Functions on texts: version 2 of cel-go's library, which is the one Kubernetes has. */
export const stringsLibrary: CelLibrary = { name: "cel.lib.ext.strings", functions }
