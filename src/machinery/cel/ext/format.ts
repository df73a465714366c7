import { quote } from "../../field/quote.ts"
import { CelError, isError } from "../error.ts"
import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import { CelType, doubleType } from "../types.ts"
import { CelDuration, type CelResult, CelTimestamp, CelUint, type CelValue } from "../value.ts"
import { toText } from "../values/convert.ts"
import { compareText } from "../values/order.ts"
import { typeOf } from "../values/type-of.ts"
import { formatFixed, formatScientific } from "./format-number.ts"
import { type Clause, type FormatPart, parseFormat } from "./format-syntax.ts"
import { isTooLong, tooLong } from "./text.ts"

/** What each clause can write, as the messages of those that cannot say it. */
export const CLAUSE_RULES: { readonly [clause in Clause]: string } = {
  s: "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
  d: "decimal clause can only be used on integers",
  f: "fixed-point clause can only be used on doubles",
  e: "scientific clause can only be used on doubles",
  b: "only integers and bools can be formatted as binary",
  x: "only integers, byte buffers, and strings can be formatted as hex",
  X: "only integers, byte buffers, and strings can be formatted as hex",
  o: "octal clause can only be used on integers",
}

export function clauseProblem(clause: Clause, given: CelType): string {
  return `error during formatting: ${CLAUSE_RULES[clause]}, was given ${given.name}`
}

/** `"%d of %s".format([1, "x"])`. https://pkg.go.dev/github.com/google/cel-go/ext#Strings */
export function formatText(format: string, args: CelList): CelResult {
  const parts = parseFormat(format, args.size)
  let result = ""
  for (const part of parts) {
    if (isError(part)) return part
    if (typeof part === "string") {
      result += part
      continue
    }
    const value = args.at(part.argument)
    if (isError(value)) return value
    const text = formatClause(part, value)
    if (isError(text)) return text
    result += text
    if (isTooLong(result.length)) return tooLong()
  }
  return result
}

type Formatted = string | CelError

function formatClause(part: Exclude<FormatPart, string | CelError>, value: CelValue): Formatted {
  const refuse = () => new CelError(clauseProblem(part.clause, typeOf(value)))
  switch (part.clause) {
    case "s":
      return formatString(value) ?? refuse()
    case "d":
      return integerOf(value)?.toString() ?? refuse()
    case "f":
    case "e": {
      const number = doubleOf(value)
      if (number === undefined) return refuse()
      return part.clause === "f"
        ? formatFixed(number, part.precision ?? 6, true)
        : formatScientific(number, part.precision ?? 6)
    }
    case "b":
      return typeof value === "boolean" ? (value ? "1" : "0") : (integerOf(value)?.toString(2) ?? refuse())
    case "x":
    case "X": {
      const hex = hexOf(value)
      return (part.clause === "X" ? hex?.toUpperCase() : hex) ?? refuse()
    }
    case "o":
      return integerOf(value)?.toString(8) ?? refuse()
  }
}

function integerOf(value: CelValue): bigint | undefined {
  if (typeof value === "bigint") return value
  return value instanceof CelUint ? value.value : undefined
}

/** Also of the texts that stand for doubles without a literal. */
function doubleOf(value: CelValue): number | undefined {
  if (typeof value === "number") return value
  return value === "NaN" || value === "Infinity" || value === "-Infinity" ? Number(value) : undefined
}

function hexOf(value: CelValue): string | undefined {
  if (typeof value === "string") return Buffer.from(value, "utf8").toString("hex")
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex")
  return integerOf(value)?.toString(16)
}

/** Undefined for a value that `%s` cannot write. */
function formatString(value: CelValue): Formatted | undefined {
  if (value === null) return "null"
  if (value instanceof CelList) return formatList(value)
  if (value instanceof CelMap) return formatMap(value)
  if (value instanceof CelType) return value.name
  const { kind } = typeOf(value)
  if (kind === "object" || kind === "opaque") return undefined
  const text = toText(value)
  if (isError(text))
    return new CelError(`error during formatting: could not convert argument ${quote(text.message)} to string`)
  return text as string
}

function formatList(list: CelList): Formatted {
  const parts: string[] = []
  let length = 0
  for (const element of list) {
    const text = isError(element) ? element : formatInside(element)
    if (isError(text)) return text
    length += text.length
    if (isTooLong(length)) return tooLong()
    parts.push(text)
  }
  return `[${parts.join(", ")}]`
}

function formatMap(map: CelMap): Formatted {
  const parts: (readonly [key: string, value: string])[] = []
  let length = 0
  for (const key of map.keys()) {
    const value = map.find(key) as CelResult
    const keyText = formatInside(key)
    const valueText = isError(value) ? value : formatInside(value)
    if (isError(keyText)) return keyText
    if (isError(valueText)) return valueText
    length += keyText.length + valueText.length
    if (isTooLong(length)) return tooLong()
    parts.push([keyText, valueText])
  }
  parts.sort(([a], [b]) => compareText(a, b))
  return `{${parts.map((part) => part.join(":")).join(", ")}}`
}

/** A value in a list or map, written as an expression would write it. */
function formatInside(value: CelValue): Formatted {
  if (typeof value === "number") return formatDoubleInside(value)
  const text = formatString(value)
  if (text === undefined)
    return new CelError(`error during formatting: no formatting function for ${typeOf(value).name}`)
  if (isError(text)) return text
  if (typeof value === "string") return quote(text)
  if (value instanceof Uint8Array) return `b${quote(text)}`
  if (value instanceof CelTimestamp) return `timestamp(${quote(text)})`
  if (value instanceof CelDuration) return `duration(${quote(text)})`
  return text
}

function formatDoubleInside(value: number): string {
  if (Number.isNaN(value)) return quote("NaN")
  if (!Number.isFinite(value)) return quote(value > 0 ? "+Inf" : "-Inf")
  return formatFixed(value, 6, false)
}

/** Which types of arguments each clause takes at compile time; dyn is always taken. */
export const CLAUSE_KINDS: { readonly [clause in Clause]: ReadonlySet<CelType["kind"]> } = {
  s: new Set([
    "list",
    "map",
    "int",
    "uint",
    "double",
    "bool",
    "string",
    "timestamp",
    "bytes",
    "duration",
    "type",
    "null",
  ]),
  d: new Set(["int", "uint"]),
  f: new Set([doubleType.kind, "string"]),
  e: new Set([doubleType.kind, "string"]),
  b: new Set(["int", "uint", "bool"]),
  x: new Set(["int", "uint", "string", "bytes"]),
  X: new Set(["int", "uint", "string", "bytes"]),
  o: new Set(["int", "uint"]),
}
