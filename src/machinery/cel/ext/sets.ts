import { add, fixed, multiply, multiplyByFactor } from "../cost/estimate.ts"
import type { CelLibrary } from "../declarations.ts"
import { isError } from "../error.ts"
import type { CelList } from "../list.ts"
import { type Costs, overload } from "../stdlib/overloads.ts"
import { boolType, listOf, typeParameter } from "../types.ts"
import type { CelResult } from "../value.ts"
import { actualSize, sizeOf, tooManyPairs } from "./cost.ts"
import { listContains } from "./list-search.ts"

const list = listOf(typeParameter("T"))

function contains(whole: CelList, part: CelList): CelResult {
  const refused = tooManyPairs(whole.size, part.size)
  if (refused !== undefined) return refused
  for (const element of part) {
    if (isError(element)) return element
    const found = listContains(whole, element)
    if (found !== true) return found
  }
  return true
}

function equivalent(left: CelList, right: CelList): CelResult {
  const found = contains(left, right)
  return found === true ? contains(right, left) : found
}

function intersects(left: CelList, right: CelList): CelResult {
  const refused = tooManyPairs(left.size, right.size)
  if (refused !== undefined) return refused
  for (const element of left) {
    if (!isError(element) && listContains(right, element) === true) return true
  }
  return false
}

/** Each element of one list is compared with each of the other, `factor` times. */
function comparingAll(factor: number): Costs {
  return {
    cost: ([left, right]) => 1 + Math.floor(actualSize(left) * actualSize(right) * factor),
    estimateCost: (estimateSize, _, [left, right]) => {
      const pairs = multiply(sizeOf(estimateSize, left), sizeOf(estimateSize, right))
      return { cost: add(multiplyByFactor(pairs, factor), fixed(1)) }
    },
  }
}

/** Lists as sets: `sets.contains`, `sets.equivalent`, `sets.intersects`. */
export const setsLibrary: CelLibrary = {
  name: "cel.lib.ext.sets",
  functions: [
    {
      name: "sets.contains",
      overloads: [overload("list_sets_contains_list", [list, list], boolType, contains, comparingAll(1))],
    },
    {
      name: "sets.equivalent",
      overloads: [overload("list_sets_equivalent_list", [list, list], boolType, equivalent, comparingAll(2))],
    },
    {
      name: "sets.intersects",
      overloads: [overload("list_sets_intersects_list", [list, list], boolType, intersects, comparingAll(1))],
    },
  ],
}
