import type { CelLibrary, OverloadDeclaration } from "../declarations.ts"
import { CelError, isError, noSuchOverload } from "../error.ts"
import { traversal } from "../ext/cost.ts"
import type { CelList } from "../list.ts"
import { method } from "../stdlib/overloads.ts"
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  intType,
  listOf,
  stringType,
  timestampType,
  typeParameter,
  uintType,
} from "../types.ts"
import { CelDuration, type CelResult, CelUint, type CelValue } from "../value.ts"
import { durationResult, intResult, uintResult } from "../values/arithmetic.ts"
import { valuesEqual } from "../values/equality.ts"
import { compareValues } from "../values/order.ts"

/** A type and the name it has in the names of overloads. */
type Named = readonly [name: string, type: CelType]

const summable: readonly (readonly [...Named, sum: (list: CelList) => CelResult])[] = [
  ["int", intType, (list) => sum(list, 0n, intResult)],
  ["uint", uintType, (list) => sum(list, 0n, uintResult)],
  ["double", doubleType, (list) => sum(list, 0, (total) => total)],
  ["duration", durationType, (list) => sum(list, 0n, durationResult)],
]

const comparable: readonly Named[] = [
  ["int", intType],
  ["uint", uintType],
  ["double", doubleType],
  ["bool", boolType],
  ["duration", durationType],
  ["timestamp", timestampType],
  ["string", stringType],
  ["bytes", bytesType],
]

function isSorted(list: CelList): CelResult {
  let previous: CelValue | undefined
  for (const value of list) {
    if (isError(value)) return value
    if (previous !== undefined) {
      const order = compareValues(previous, value)
      if (isError(order)) return order
      if (order > 0) return false
    }
    previous = value
  }
  return true
}

/** `made` gives the sum so far as a value, or says that it is out of range. */
function sum<N extends bigint | number>(list: CelList, zero: N, made: (total: N) => CelResult): CelResult {
  let total: N = zero
  let result = made(total)
  for (const value of list) {
    if (isError(value)) return value
    const next = numberIn(value)
    if (typeof next !== typeof total) return noSuchOverload()
    total = ((total as number) + (next as number)) as N
    result = made(total)
    if (isError(result)) return result
  }
  return result
}

function numberIn(value: CelValue): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value
  if (value instanceof CelUint) return value.value
  return value instanceof CelDuration ? value.nanos : undefined
}

/** The element that stands `before` (-1) or after (1) all others. */
function extreme(list: CelList, name: "min" | "max", wanted: -1 | 1): CelResult {
  let best: CelValue | undefined
  for (const value of list) {
    if (isError(value)) return value
    if (best === undefined) {
      best = value
      continue
    }
    const order = compareValues(value, best)
    if (isError(order)) return order
    if (Math.sign(order) === wanted) best = value
  }
  return best === undefined ? new CelError(`${name} called on empty list`) : best
}

function position(list: CelList, sought: CelValue, places: Iterable<number>): CelResult {
  for (const place of places) {
    const value = list.at(place)
    if (!isError(value) && valuesEqual(value, sought)) return BigInt(place)
  }
  return -1n
}

function* upwards(size: number): Iterable<number> {
  for (let place = 0; place < size; place++) yield place
}

function* downwards(size: number): Iterable<number> {
  for (let place = size - 1; place >= 0; place--) yield place
}

const ofComparable = (make: (name: string, type: CelType) => OverloadDeclaration) =>
  comparable.map(([name, type]) => make(name, type))

const element = typeParameter("A")
const list = listOf(element)

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library */
export const kubernetesListsLibrary: CelLibrary = {
  name: "kubernetes.lists",
  functions: [
    {
      name: "isSorted",
      overloads: ofComparable((name, type) =>
        method(`list_${name}_is_sorted_bool`, [listOf(type)], boolType, isSorted, traversal),
      ),
    },
    {
      name: "sum",
      overloads: summable.map(([name, type, sumOf]) =>
        method(`list_${name}_sum_${name}`, [listOf(type)], type, sumOf, traversal),
      ),
    },
    {
      name: "max",
      overloads: ofComparable((name, type) =>
        method(
          `list_${name}_max_${name}`,
          [listOf(type)],
          type,
          (values: CelList) => extreme(values, "max", 1),
          traversal,
        ),
      ),
    },
    {
      name: "min",
      overloads: ofComparable((name, type) =>
        method(
          `list_${name}_min_${name}`,
          [listOf(type)],
          type,
          (values: CelList) => extreme(values, "min", -1),
          traversal,
        ),
      ),
    },
    {
      name: "indexOf",
      overloads: [
        method(
          "list_a_index_of_int",
          [list, element],
          intType,
          (values: CelList, sought: CelValue) => position(values, sought, upwards(values.size)),
          traversal,
        ),
      ],
    },
    {
      name: "lastIndexOf",
      overloads: [
        method(
          "list_a_last_index_of_int",
          [list, element],
          intType,
          (values: CelList, sought: CelValue) => position(values, sought, downwards(values.size)),
          traversal,
        ),
      ],
    },
  ],
}
