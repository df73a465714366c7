import type { CelResult } from "../value.ts"
import { costSize } from "../values/size.ts"

/** One unit for ten code points that are read. */
export const TEXT_COST_PER_UNIT = 0.1
/** Four characters of a regular expression are taken for one state of it. */
export const REGEX_COST_PER_UNIT = 0.25
export const LIST_COST = 10
export const MAP_COST = 30
export const OBJECT_COST = 40

type CallCost = (args: readonly CelResult[]) => number

const traversal: CallCost = ([text = null]) => Math.ceil(costSize(text) * TEXT_COST_PER_UNIT)
const shorter: CallCost = ([a = null, b = null]) => Math.ceil(Math.min(costSize(a), costSize(b)) * TEXT_COST_PER_UNIT)
const both: CallCost = ([a = null, b = null]) => Math.ceil((costSize(a) + costSize(b)) * TEXT_COST_PER_UNIT)

/** What the overloads of the standard library cost whose arguments' sizes matter; all others cost 1. */
const costs: ReadonlyMap<string, CallCost> = new Map([
  ...[
    "starts_with_string",
    "ends_with_string",
    "string_to_bytes",
    "bytes_to_string",
    "strings_quote",
    "string_format",
  ].map((id) => [id, traversal] as const),
  ["in_list", ([, list = null]) => costSize(list)],
  ...["less", "less_equals", "greater", "greater_equals"].flatMap((name) => [
    [`${name}_string`, shorter] as const,
    [`${name}_bytes`, shorter] as const,
  ]),
  ["equals", shorter],
  ["not_equals", shorter],
  ["add_string", both],
  ["add_bytes", both],
  [
    "matches_string",
    ([text = null, pattern = null]) =>
      // One more, so that an empty text does not make an expensive pattern cheap.
      Math.ceil((1 + costSize(text)) * TEXT_COST_PER_UNIT) * Math.ceil(costSize(pattern) * REGEX_COST_PER_UNIT),
  ],
  [
    "contains_string",
    ([text = null, part = null]) =>
      Math.ceil(costSize(text) * TEXT_COST_PER_UNIT) * Math.ceil(costSize(part) * TEXT_COST_PER_UNIT),
  ],
])

/** What a call of this overload costs, by the sizes of its arguments. */
export function standardCallCost(overloadId: string): CallCost | undefined {
  return costs.get(overloadId)
}
