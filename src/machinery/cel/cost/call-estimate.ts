import { REGEX_COST_PER_UNIT, TEXT_COST_PER_UNIT } from "./call-cost.ts"
import {
  add,
  type CallEstimate,
  COST_MAX,
  type CostNode,
  fixed,
  multiply,
  multiplyByFactor,
  type SizeEstimate,
  union,
  unknownSize,
} from "./estimate.ts"

type EstimateCall = (target: CostNode | undefined, args: readonly CostNode[]) => CallEstimate | undefined

function sizeOf(node: CostNode | undefined): SizeEstimate {
  return node?.computedSize ?? unknownSize
}

function read(size: SizeEstimate): CallEstimate["cost"] {
  return multiplyByFactor(size, TEXT_COST_PER_UNIT)
}

/** Of two that are compared, the shorter one is read to its end at most. */
const shorter: EstimateCall = (_, [a, b]) => {
  const max = Math.min(sizeOf(a).max, sizeOf(b).max)
  return { cost: read({ min: max > 0 ? 1 : 0, max }) }
}

const startOrEnd: EstimateCall = (_, args) => (args.length === 1 ? { cost: read(sizeOf(args[0])) } : undefined)

const concatenation: EstimateCall = (_, [a, b]) => {
  const resultSize = add(sizeOf(a), sizeOf(b))
  return { cost: read(resultSize), resultSize }
}

/** Of the overloads of the standard library whose arguments' sizes matter, without the costs of the arguments. */
const estimates: ReadonlyMap<string, EstimateCall> = new Map<string, EstimateCall>([
  ["string_format", (target) => (target === undefined ? undefined : { cost: read(sizeOf(target)) })],
  [
    "string_to_bytes",
    (_, [text]) => {
      const { min, max } = sizeOf(text)
      return { cost: read({ min, max }), resultSize: { min, max: Math.min(max * 4, COST_MAX) } }
    },
  ],
  [
    "bytes_to_string",
    (_, [bytes]) => {
      const { min, max } = sizeOf(bytes)
      return { cost: read({ min, max }), resultSize: { min: Math.floor(min / 4), max } }
    },
  ],
  [
    "strings_quote",
    (_, [text]) => {
      const { min, max } = sizeOf(text)
      return { cost: read({ min, max }), resultSize: { min: min + 2, max: Math.min(max * 2 + 2, COST_MAX) } }
    },
  ],
  ["starts_with_string", startOrEnd],
  ["ends_with_string", startOrEnd],
  ["in_list", (_, [, list]) => ({ cost: sizeOf(list) })],
  [
    "matches_string",
    (target, [pattern]) => {
      if (target === undefined) return undefined
      const text = read(add(sizeOf(target), fixed(1)))
      return { cost: multiply(text, multiplyByFactor(sizeOf(pattern), REGEX_COST_PER_UNIT)) }
    },
  ],
  [
    "contains_string",
    (target, [part]) =>
      target === undefined ? undefined : { cost: multiply(read(sizeOf(target)), read(sizeOf(part))) },
  ],
  ["add_string", concatenation],
  ["add_bytes", concatenation],
  ["add_list", (_, [a, b]) => ({ cost: fixed(1), resultSize: add(sizeOf(a), sizeOf(b)) })],
  // What they do costs nothing beyond their operands.
  ["logical_and", () => ({ cost: fixed(0) })],
  ["logical_or", () => ({ cost: fixed(0) })],
  ["conditional", (_, [, a, b]) => ({ cost: fixed(0), resultSize: union(sizeOf(a), sizeOf(b)) })],
  ["equals", shorter],
  ["not_equals", shorter],
  ...["less", "less_equals", "greater", "greater_equals"].flatMap((name) => [
    [`${name}_string`, shorter] as const,
    [`${name}_bytes`, shorter] as const,
  ]),
])

/** What the call costs without its arguments, and how large its result is when that is known. 1 for other overloads. */
export function standardEstimate(id: string, target: CostNode | undefined, args: readonly CostNode[]): CallEstimate {
  return estimates.get(id)?.(target, args) ?? { cost: fixed(1) }
}
