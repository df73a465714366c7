import type { CelLibrary } from "../declarations.ts"
import { CelError, isError } from "../error.ts"
import { constantCost, perUnit, TRAVERSAL } from "../ext/cost.ts"
import { method, overload } from "../stdlib/overloads.ts"
import { boolType, doubleType, intType, objectType, stringType } from "../types.ts"
import { CelObject, type CelResult, type CelValue } from "../value.ts"
import {
  type Amount,
  addAmounts,
  amountOf,
  compareAmounts,
  parseAmount,
  QuantityError,
  subtractAmounts,
  toFloat,
  toInteger,
} from "./quantity-amount.ts"

export const quantityType = objectType("kubernetes.Quantity")

export class CelQuantity extends CelObject {
  readonly type = quantityType
  readonly amount: Amount

  constructor(amount: Amount) {
    super()
    this.amount = amount
  }

  equals(other: CelValue): boolean {
    return other instanceof CelQuantity && compareAmounts(this.amount, other.amount) === 0
  }
}

function toQuantity(text: string): CelQuantity | CelError {
  try {
    return new CelQuantity(parseAmount(text))
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error
    return new CelError(error.message)
  }
}

const sign = ({ amount }: CelQuantity) => (amount.unscaled > 0n ? 1n : amount.unscaled < 0n ? -1n : 0n)

function asInteger({ amount }: CelQuantity): CelResult {
  return toInteger(amount) ?? new CelError("cannot convert value to integer")
}

const compare = (left: CelQuantity, right: CelQuantity) => compareAmounts(left.amount, right.amount)
const add = (left: CelQuantity, right: CelQuantity) => new CelQuantity(addAmounts(left.amount, right.amount))
const subtract = (left: CelQuantity, right: CelQuantity) => new CelQuantity(subtractAmounts(left.amount, right.amount))
const ofInteger = (value: bigint) => new CelQuantity(amountOf(value))

const parsing = perUnit(TRAVERSAL)
const cheap = constantCost(1)
const two = [quantityType, quantityType]
const withInt = [quantityType, intType]

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library */
export const kubernetesQuantityLibrary: CelLibrary = {
  name: "kubernetes.quantity",
  functions: [
    { name: "quantity", overloads: [overload("string_to_quantity", [stringType], quantityType, toQuantity, parsing)] },
    {
      name: "isQuantity",
      overloads: [
        overload("is_quantity_string", [stringType], boolType, (text: string) => !isError(toQuantity(text)), parsing),
      ],
    },
    // Documented as a method, but Kubernetes has it as a plain function.
    { name: "sign", overloads: [overload("quantity_sign", [quantityType], intType, sign, cheap)] },
    {
      name: "isGreaterThan",
      overloads: [
        method("quantity_is_greater_than", two, boolType, (l: CelQuantity, r: CelQuantity) => compare(l, r) > 0, cheap),
      ],
    },
    {
      name: "isLessThan",
      overloads: [
        method("quantity_is_less_than", two, boolType, (l: CelQuantity, r: CelQuantity) => compare(l, r) < 0, cheap),
      ],
    },
    {
      name: "compareTo",
      overloads: [
        method("quantity_compare_to", two, intType, (l: CelQuantity, r: CelQuantity) => BigInt(compare(l, r)), cheap),
      ],
    },
    {
      name: "asApproximateFloat",
      overloads: [
        method("quantity_get_float", [quantityType], doubleType, ({ amount }: CelQuantity) => toFloat(amount), cheap),
      ],
    },
    { name: "asInteger", overloads: [method("quantity_get_int", [quantityType], intType, asInteger, cheap)] },
    {
      name: "isInteger",
      overloads: [
        method(
          "quantity_is_integer",
          [quantityType],
          boolType,
          ({ amount }: CelQuantity) => toInteger(amount) !== undefined,
          cheap,
        ),
      ],
    },
    {
      name: "add",
      overloads: [
        method("quantity_add", two, quantityType, add, cheap),
        method("quantity_add_int", withInt, quantityType, (l: CelQuantity, r: bigint) => add(l, ofInteger(r)), cheap),
      ],
    },
    {
      name: "sub",
      overloads: [
        method("quantity_sub", two, quantityType, subtract, cheap),
        method(
          "quantity_sub_int",
          withInt,
          quantityType,
          (l: CelQuantity, r: bigint) => subtract(l, ofInteger(r)),
          cheap,
        ),
      ],
    },
  ],
}
