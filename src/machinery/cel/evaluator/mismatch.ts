import { CelError, noSuchOverload } from "../error.ts"
import { Operator } from "../operators.ts"
import type { CelValue } from "../value.ts"
import { typeOf } from "../values/type-of.ts"

const NUMBERS = ["int", "uint", "double"]
const TIMES = ["google.protobuf.Timestamp", "google.protobuf.Duration"]
const ORDERED = [...NUMBERS, ...TIMES, "bool", "string", "bytes"]
/** What cel-go asks of the first argument; where that is able to do it, the message says less. */
const ABLE = new Map<string, readonly string[]>([
  [Operator.add, [...NUMBERS, ...TIMES, "string", "bytes", "list"]],
  [Operator.subtract, [...NUMBERS, ...TIMES]],
  [Operator.multiply, NUMBERS],
  [Operator.divide, NUMBERS],
  [Operator.modulo, ["int", "uint"]],
  [Operator.negate, ["int", "double", "google.protobuf.Duration"]],
  [Operator.less, ORDERED],
  [Operator.lessEquals, ORDERED],
  [Operator.greater, ORDERED],
  [Operator.greaterEquals, ORDERED],
  ["size", ["string", "bytes", "list", "map"]],
])
/** These answer for any operation that they do not know it. */
const ANSWERING = new Set(["string", ...TIMES])
const TERSE = new Set<string>([Operator.not, Operator.in, "contains", "endsWith", "startsWith", "matches"])

/** Why no overload takes these values, as cel-go words it. */
export function overloadMismatch(name: string, values: readonly CelValue[]): CelError {
  const types = values.map((value) => typeOf(value).name)
  const [first = ""] = types
  const able = ABLE.get(name)
  if (TERSE.has(name)) return noSuchOverload()
  if (able === undefined) return new CelError(`no such overload: ${name}(${types.join(", ")})`)
  return able.includes(first) || ANSWERING.has(first) ? noSuchOverload() : new CelError(`no such overload: ${name}`)
}
