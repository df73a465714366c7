import { byteLength } from "../../names/rules.ts"
import {
  add,
  type CallEstimate,
  type CostEstimate,
  type CostNode,
  fixed,
  multiplyByFactor,
  type SizeEstimate,
  unknownSize,
} from "../cost/estimate.ts"
import type { EstimateCall } from "../declarations.ts"
import { CelError } from "../error.ts"
import { CelList } from "../list.ts"
import { CelMap } from "../map.ts"
import type { Costs } from "../stdlib/overloads.ts"
import { bytesType, type CelType, stringType } from "../types.ts"
import type { CelResult, CelValue } from "../value.ts"
import { costSize } from "../values/size.ts"

/** Of reading a text or bytes once, for each code point or byte. */
export const TRAVERSAL = 0.1
/** Of a pattern, for each of its code points. */
export const REGEX = 0.25
/** Of making a list. */
export const LIST_CREATION = 10
/** Of making an object. */
export const STRUCT_CREATION = 40

export type EstimateSize = Parameters<EstimateCall>[0]

/** The size of a value as the cost model counts it; 1 for what has none. */
export function actualSize(value: CelResult | undefined): number {
  if (value === undefined) return 1
  return hasCostSize(value) ? value.costSize : costSize(value)
}

/** Values of other types that have a size, such as addresses. */
export interface CostSized {
  readonly costSize: number
}

function hasCostSize(value: unknown): value is CostSized {
  return typeof value === "object" && value !== null && "costSize" in value
}

export function sizeOf(estimateSize: EstimateSize, node: CostNode | undefined): SizeEstimate {
  if (node === undefined) return unknownSize
  return node.computedSize ?? estimateSize(node) ?? unknownSize
}

/** The elements of a list, as a part of the expression of their own. */
export function elementNode(list: CostNode): CostNode | undefined {
  const [type] = list.type.parameters
  if (type === undefined) return undefined
  return { ...list, type, path: list.path && [...list.path, "@items"], computedSize: undefined }
}

/** Always costs the same. */
export function constantCost(units: number): Costs {
  return { cost: () => units, estimateCost: () => ({ cost: fixed(units) }) }
}

/** Costs `factor` for each unit of the argument's size; the result is as large as the argument when said so. */
export function perUnit(factor: number, { resultHasSize = false } = {}): Costs {
  return {
    cost: ([first]) => Math.ceil(actualSize(first) * factor),
    estimateCost: (estimateSize, target, [first]) => {
      const size = sizeOf(estimateSize, target ?? first)
      return { cost: multiplyByFactor(size, factor), resultSize: resultHasSize ? size : undefined }
    },
  }
}

/** A list of this size is made, at this cost for each element. */
export function estimateNewList(factor: number, size: SizeEstimate): CallEstimate {
  return { cost: add(multiplyByFactor(size, factor), fixed(1 + LIST_CREATION)), resultSize: size }
}

export function costOfNewList(factor: number, size: number): number {
  return Math.floor(size * factor) + 1 + LIST_CREATION
}

export function isText(type: CelType | undefined): boolean {
  return type !== undefined && (type.equals(stringType) || type.equals(bytesType))
}

/** What reading a value with all it contains costs. */
export function traversalCost(value: CelResult): number {
  if (typeof value === "string") return Math.floor(byteLength(value) * TRAVERSAL)
  if (value instanceof Uint8Array) return Math.floor(value.length * TRAVERSAL)
  if (value instanceof CelList) return sumOf(value)
  if (value instanceof CelMap) return sumOf(entriesOf(value))
  return 1
}

function* entriesOf(map: CelMap): Iterable<CelResult> {
  for (const key of map.keys()) {
    yield key
    yield map.find(key) as CelValue
  }
}

function sumOf(values: Iterable<CelResult>): number {
  let sum = 0
  for (const value of values) sum += traversalCost(value)
  return sum
}

/** What one look at each element of a list costs, or at each character of a text. */
export const traversal: Costs = {
  cost: ([first]) => (first === undefined ? 0 : traversalCost(first)),
  estimateCost: (estimateSize, target) => {
    if (target === undefined) return undefined
    const size = sizeOf(estimateSize, target)
    const element = elementNode(target)
    if (element === undefined) return { cost: multiplyByFactor(size, TRAVERSAL) }
    const each = isText(element.type)
      ? add(fixed(1), multiplyByFactor(sizeOf(estimateSize, element), TRAVERSAL))
      : fixed(1)
    return { cost: costForEach(size, each) }
  },
}

const costForEach = (size: SizeEstimate, each: CostEstimate): CostEstimate => ({
  min: size.min * each.min,
  max: Math.min(size.max * each.max, unknownSize.max),
})

/** Comparing more pairs than this would stall everyone else, and exceeds every cost limit that Kubernetes sets. */
const PAIRS_MAX = 2 ** 24

/** The error of an evaluation that costs too much, for calls that are not worth beginning. */
export function tooManyPairs(left: number, right: number): CelError | undefined {
  return left * right > PAIRS_MAX ? new CelError("operation cancelled: actual cost limit exceeded") : undefined
}
