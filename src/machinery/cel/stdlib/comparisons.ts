import type { FunctionDeclaration } from "../declarations.ts"
import { Operator } from "../operators.ts"
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  intType,
  stringType,
  timestampType,
  typeParameter,
  uintType,
} from "../types.ts"
import type { CelValue } from "../value.ts"
import { valuesEqual } from "../values/equality.ts"
import { comparison } from "../values/order.ts"
import { overload } from "./overloads.ts"

const a = typeParameter("A")

/** What may be compared with what, and how the overload's id ends. */
const ORDERED: readonly (readonly [suffix: string, left: CelType, right: CelType])[] = [
  ["bool", boolType, boolType],
  ["int64", intType, intType],
  ["int64_double", intType, doubleType],
  ["int64_uint64", intType, uintType],
  ["uint64", uintType, uintType],
  ["uint64_double", uintType, doubleType],
  ["uint64_int64", uintType, intType],
  ["double", doubleType, doubleType],
  ["double_int64", doubleType, intType],
  ["double_uint64", doubleType, uintType],
  ["string", stringType, stringType],
  ["bytes", bytesType, bytesType],
  ["timestamp", timestampType, timestampType],
  ["duration", durationType, durationType],
]

function ordering(name: string, prefix: string, accept: (order: number) => boolean): FunctionDeclaration {
  const call = comparison(accept)
  return {
    name,
    overloads: ORDERED.map(([suffix, left, right]) => overload(`${prefix}_${suffix}`, [left, right], boolType, call)),
  }
}

export const comparisons: readonly FunctionDeclaration[] = [
  {
    name: Operator.equals,
    overloads: [overload("equals", [a, a], boolType, (x: CelValue, y: CelValue) => valuesEqual(x, y))],
  },
  {
    name: Operator.notEquals,
    overloads: [overload("not_equals", [a, a], boolType, (x: CelValue, y: CelValue) => !valuesEqual(x, y))],
  },
  ordering(Operator.less, "less", (order) => order < 0),
  ordering(Operator.lessEquals, "less_equals", (order) => order <= 0),
  ordering(Operator.greater, "greater", (order) => order > 0),
  ordering(Operator.greaterEquals, "greater_equals", (order) => order >= 0),
]
