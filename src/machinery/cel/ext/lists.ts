import { COST_MAX, type CostNode, fixed, multiply, type SizeEstimate } from "../cost/estimate.ts"
import type { CelLibrary, EstimateCall, OverloadDeclaration } from "../declarations.ts"
import { CelError, isError } from "../error.ts"
import { CelList, ValueList } from "../list.ts"
import type { Macro } from "../parser/macro.ts"
import { binding, standardMacros } from "../parser/standard-macros.ts"
import { type Costs, method, overload } from "../stdlib/overloads.ts"
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listOf,
  stringType,
  timestampType,
  typeParameter,
  uintType,
} from "../types.ts"
import type { CelResult, CelValue } from "../value.ts"
import { valuesEqual } from "../values/equality.ts"
import { compareValues } from "../values/order.ts"
import { typeOf } from "../values/type-of.ts"
import {
  actualSize,
  costOfNewList,
  type EstimateSize,
  estimateNewList,
  isText,
  sizeOf,
  TRAVERSAL,
  tooManyPairs,
} from "./cost.ts"

const anyList = listOf(typeParameter("T"))
const comparable: readonly CelType[] = [
  intType,
  uintType,
  doubleType,
  boolType,
  durationType,
  timestampType,
  stringType,
  bytesType,
]

/** The elements as values; the first error instead when one cannot be read. */
function valuesOf(list: CelList): readonly CelValue[] | CelError {
  const values: CelValue[] = []
  for (const value of list) {
    if (isError(value)) return value
    values.push(value)
  }
  return values
}

function slice(list: CelList, start: bigint, end: bigint): CelResult {
  const refuse = (why: string) => new CelError(`cannot slice(${start}, ${end}), ${why}`)
  if (start < 0n || end < 0n) return refuse("negative indexes not supported")
  if (start > end) return refuse("start index must be less than or equal to end index")
  if (end > list.size) return refuse(`list is length ${list.size}`)
  const values = valuesOf(list)
  return isError(values) ? values : new ValueList(values.slice(Number(start), Number(end)))
}

function flatten(list: CelList, depth = 1n): CelResult {
  if (depth < 0n) return new CelError("level must be non-negative")
  const values: CelValue[] = []
  for (const value of list) {
    if (isError(value)) return value
    if (!(value instanceof CelList) || depth === 0n) {
      values.push(value)
      continue
    }
    const inner = flatten(value, depth - 1n)
    if (isError(inner)) return inner
    for (const element of inner as CelList) values.push(element as CelValue)
  }
  return new ValueList(values)
}

const sort = (list: CelList) => sortByKeys(list, list)

/** The elements in the order of the keys at the same places. */
function sortByKeys(list: CelList, keyList: CelList): CelResult {
  const values = valuesOf(list)
  const keys = valuesOf(keyList)
  if (isError(values)) return values
  if (isError(keys)) return keys
  if (values.length !== keys.length) {
    const sizes = `${values.length} and ${keys.length} elements respectively`
    return new CelError(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${sizes}`,
    )
  }
  const [first] = keys
  if (first === undefined) return list
  const type = typeOf(first)
  if (!comparable.some((one) => one.equals(type))) return new CelError("list elements must be comparable")
  if (!keys.every((key) => typeOf(key).equals(type))) {
    return new CelError("list elements must have the same type")
  }
  const places = keys.map((_, i) => i)
  places.sort((a, b) => order(keys[a] as CelValue, keys[b] as CelValue))
  return new ValueList(places.map((place) => values[place] as CelValue))
}

function order(left: CelValue, right: CelValue): number {
  const result = compareValues(left, right)
  return isError(result) ? 0 : result
}

/** Longer lists exceed every cost limit that Kubernetes sets. */
const RANGE_MAX = 2n ** 20n

function range(size: bigint): CelResult {
  if (size > RANGE_MAX) return new CelError("operation cancelled: actual cost limit exceeded")
  return new ValueList(Array.from({ length: Math.max(Number(size), 0) }, (_, i) => BigInt(i)))
}

function reverse(list: CelList): CelResult {
  const values = valuesOf(list)
  return isError(values) ? values : new ValueList(values.toReversed())
}

function distinct(list: CelList): CelResult {
  const refused = tooManyPairs(list.size, list.size)
  if (refused !== undefined) return refused
  const values = valuesOf(list)
  if (isError(values)) return values
  const kept: CelValue[] = []
  for (const value of values) if (!kept.some((other) => valuesEqual(value, other))) kept.push(value)
  return new ValueList(kept)
}

function literalInt(node: CostNode | undefined, otherwise: number): number {
  const expression = node?.expression
  if (expression?.kind !== "literal" || typeof expression.value !== "bigint") return otherwise
  return Math.max(Number(expression.value), 0)
}

const ofResult = (_: readonly CelValue[], result: CelResult) => costOfNewList(1, actualSize(result))

const slicing: Costs = {
  cost: ofResult,
  estimateCost: (estimateSize, target, [start, end]) => {
    const size = literalInt(end, sizeOf(estimateSize, target).max) - literalInt(start, 0)
    return estimateNewList(1, fixed(size < 0 ? COST_MAX : size))
  },
}

const estimateFlatten: EstimateCall = (estimateSize, target, [depth]) =>
  estimateNewList(depth === undefined ? 1 : literalInt(depth, COST_MAX), sizeOf(estimateSize, target))

const flattening: Costs = {
  cost: ([list, depth]) => costOfNewList(typeof depth === "bigint" ? Number(depth) : 1, actualSize(list)),
  estimateCost: estimateFlatten,
}

const squared = (size: SizeEstimate) => multiply(size, size)

/** Every element is compared with every other. */
function comparing(which: "target" | "keys", type: CelType | undefined): Costs {
  return {
    cost: (args) => {
      const list = which === "target" ? args[0] : args[1]
      const size = actualSize(list)
      const first = list instanceof CelList && size > 0 ? list.at(0) : undefined
      const factor = typeof first === "string" || first instanceof Uint8Array ? 2 + TRAVERSAL : 2
      return costOfNewList(factor, size * size)
    },
    estimateCost: (estimateSize: EstimateSize, target, [keys]) => {
      const size = sizeOf(estimateSize, which === "target" ? target : keys)
      return estimateNewList(isText(type) ? 2 + TRAVERSAL : 2, squared(size))
    },
  }
}

function forEachComparable(make: (type: CelType) => OverloadDeclaration): OverloadDeclaration[] {
  return comparable.map(make)
}

const INPUT = "@__sortBy_input__"
const mapMacro = standardMacros.find(({ name, argumentCount }) => name === "map" && argumentCount === 2)

/** `list.sortBy(e, key(e))` becomes a sort of the list by the list of its keys, with the list computed once. */
const sortBy: Macro = {
  name: "sortBy",
  receiver: true,
  argumentCount: 2,
  expand(make, target, args) {
    if (target === undefined) return undefined
    if (!["list", "select", "identifier", "comprehension", "call"].includes(target.kind)) {
      const what = "a list, identifier, comprehension, call or select expression"
      return make.error(target, `sortBy can only be applied to ${what}`)
    }
    const keys = mapMacro?.expand(make, make.identifier(INPUT), args)
    if (keys === undefined) return undefined
    return binding(make, INPUT, target, make.memberCall("@sortByAssociatedKeys", make.identifier(INPUT), keys))
  },
}

/** Functions on lists: version 3 of cel-go's library. */
export const listsLibrary: CelLibrary = {
  name: "cel.lib.ext.lists",
  macros: [sortBy],
  functions: [
    { name: "slice", overloads: [method("list_slice", [anyList, intType, intType], anyList, slice, slicing)] },
    {
      name: "flatten",
      overloads: [
        method("list_flatten", [listOf(anyList)], anyList, (list: CelList) => flatten(list), flattening),
        method("list_flatten_int", [listOf(dynType), intType], listOf(dynType), flatten, flattening),
      ],
    },
    {
      name: "sort",
      overloads: forEachComparable((type) =>
        method(`list_${type.name}_sort`, [listOf(type)], listOf(type), sort, comparing("target", type)),
      ),
    },
    {
      name: "@sortByAssociatedKeys",
      overloads: forEachComparable((type) =>
        method(
          `list_${type.name}_sortByAssociatedKeys`,
          [anyList, listOf(type)],
          anyList,
          sortByKeys,
          comparing("keys", type),
        ),
      ),
    },
    {
      name: "lists.range",
      overloads: [
        overload("lists_range", [intType], listOf(intType), range, {
          // Also of a list that is too long to be made: the cost limit refuses it.
          cost: ([size]) => costOfNewList(1, Math.max(Number(size), 0)),
          estimateCost: (_, __, [size]) => estimateNewList(1, fixed(literalInt(size, COST_MAX))),
        }),
      ],
    },
    {
      name: "reverse",
      overloads: [
        method("list_reverse", [anyList], anyList, reverse, {
          cost: ofResult,
          estimateCost: (estimateSize, target) => estimateNewList(1, sizeOf(estimateSize, target)),
        }),
      ],
    },
    {
      name: "distinct",
      overloads: [
        method("list_distinct", [anyList], anyList, distinct, {
          ...comparing("target", undefined),
          estimateCost: (estimateSize, target) => estimateNewList(2, squared(sizeOf(estimateSize, target))),
        }),
      ],
    },
  ],
}
