import type { FunctionDeclaration } from "../declarations.ts"
import { Operator } from "../operators.ts"
import {
  bytesType,
  doubleType,
  durationType,
  intType,
  listOf,
  stringType,
  timestampType,
  typeParameter,
  uintType,
} from "../types.ts"
import type { CelDuration, CelTimestamp, CelUint } from "../value.ts"
import {
  addBytes,
  addLists,
  addText,
  divideInt,
  divideUint,
  durationResult,
  intResult,
  moduloInt,
  moduloUint,
  timestampMinus,
  timestampPlus,
  uintResult,
} from "../values/arithmetic.ts"
import { overload } from "./overloads.ts"

const listOfA = listOf(typeParameter("A"))
const ints = [intType, intType]
const uints = [uintType, uintType]
const doubles = [doubleType, doubleType]

const add: FunctionDeclaration = {
  name: Operator.add,
  overloads: [
    overload("add_bytes", [bytesType, bytesType], bytesType, addBytes),
    overload("add_double", doubles, doubleType, (x: number, y: number) => x + y),
    overload("add_duration_duration", [durationType, durationType], durationType, (x: CelDuration, y: CelDuration) =>
      durationResult(x.nanos + y.nanos),
    ),
    overload(
      "add_duration_timestamp",
      [durationType, timestampType],
      timestampType,
      (x: CelDuration, y: CelTimestamp) => timestampPlus(y, x.nanos),
    ),
    overload(
      "add_timestamp_duration",
      [timestampType, durationType],
      timestampType,
      (x: CelTimestamp, y: CelDuration) => timestampPlus(x, y.nanos),
    ),
    overload("add_int64", ints, intType, (x: bigint, y: bigint) => intResult(x + y)),
    overload("add_list", [listOfA, listOfA], listOfA, addLists),
    overload("add_string", [stringType, stringType], stringType, addText),
    overload("add_uint64", uints, uintType, (x: CelUint, y: CelUint) => uintResult(x.value + y.value)),
  ],
}

const subtract: FunctionDeclaration = {
  name: Operator.subtract,
  overloads: [
    overload("subtract_double", doubles, doubleType, (x: number, y: number) => x - y),
    overload(
      "subtract_duration_duration",
      [durationType, durationType],
      durationType,
      (x: CelDuration, y: CelDuration) => durationResult(x.nanos - y.nanos),
    ),
    overload("subtract_int64", ints, intType, (x: bigint, y: bigint) => intResult(x - y)),
    overload(
      "subtract_timestamp_duration",
      [timestampType, durationType],
      timestampType,
      (x: CelTimestamp, y: CelDuration) => timestampPlus(x, -y.nanos),
    ),
    overload("subtract_timestamp_timestamp", [timestampType, timestampType], durationType, timestampMinus),
    overload("subtract_uint64", uints, uintType, (x: CelUint, y: CelUint) => uintResult(x.value - y.value)),
  ],
}

export const arithmetic: readonly FunctionDeclaration[] = [
  add,
  subtract,
  {
    name: Operator.multiply,
    overloads: [
      overload("multiply_double", doubles, doubleType, (x: number, y: number) => x * y),
      overload("multiply_int64", ints, intType, (x: bigint, y: bigint) => intResult(x * y)),
      overload("multiply_uint64", uints, uintType, (x: CelUint, y: CelUint) => uintResult(x.value * y.value)),
    ],
  },
  {
    name: Operator.divide,
    overloads: [
      overload("divide_double", doubles, doubleType, (x: number, y: number) => x / y),
      overload("divide_int64", ints, intType, divideInt),
      overload("divide_uint64", uints, uintType, divideUint),
    ],
  },
  {
    name: Operator.modulo,
    overloads: [
      overload("modulo_int64", ints, intType, moduloInt),
      overload("modulo_uint64", uints, uintType, moduloUint),
    ],
  },
  {
    name: Operator.negate,
    overloads: [
      overload("negate_double", [doubleType], doubleType, (x: number) => -x),
      overload("negate_int64", [intType], intType, (x: bigint) => intResult(-x)),
    ],
  },
]
