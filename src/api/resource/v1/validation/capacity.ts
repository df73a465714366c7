import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityValue,
} from "../../../../machinery/quantity/quantity.ts"
import { type Errors, NONE } from "../../../core/v1/validation/rules.ts"
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from "../device.ts"
import { validateSet } from "./bounded-lists.ts"

const VALUES_MAX = 10

const isMore = (left: string, right: string) => compareQuantities(parseQuantity(left), parseQuantity(right)) > 0

/** How much of a device one use may take. Only devices that can be shared have such a policy. */
export function validateCapacity({ value, requestPolicy }: DeviceCapacity, isShared: boolean, path: FieldPath): Errors {
  if (requestPolicy === undefined) return NONE
  const at = path.child("requestPolicy")
  return isShared
    ? validatePolicy(requestPolicy, value, at)
    : [field.forbidden(at, "allowMultipleAllocations must be true")]
}

function validatePolicy(policy: CapacityRequestPolicy, capacity: string, path: FieldPath): Errors {
  const { validValues = [], validRange, default: usual } = policy
  const needed = (what: string) => [field.required(path.child("default"), `required when ${what} is defined`)]
  if (validValues.length > 0 && validRange !== undefined) {
    const why = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'
    return [field.forbidden(path, why)]
  }
  if (validValues.length > 0) {
    return usual === undefined
      ? needed("validValues")
      : validateValues(validValues, usual, capacity, path.child("validValues"))
  }
  if (validRange === undefined) return NONE
  return usual === undefined
    ? needed("validRange")
    : validateRange(validRange, usual, capacity, path.child("validRange"))
}

function validateValues(values: readonly string[], usual: string, capacity: string, path: FieldPath): Errors {
  const hasUsual = values.some((value) => compareQuantities(parseQuantity(value), parseQuantity(usual)) === 0)
  const whole = (value: string) => String(quantityValue(parseQuantity(value)))
  return [
    ...values.flatMap((value, index) =>
      index > 0 && isMore(values[index - 1] ?? "0", value)
        ? [field.invalid(path.index(index), value, "values must be sorted in ascending order")]
        : NONE,
    ),
    ...validateSet(values, VALUES_MAX, path, whole, (value, at) =>
      isMore(value, capacity) ? [field.invalid(at, value, `option is larger than capacity value: ${capacity}`)] : NONE,
    ),
    ...(hasUsual ? NONE : [field.invalid(path, usual, "default value is not valid according to the requestPolicy")]),
  ]
}

function validateRange(range: CapacityRequestPolicyRange, usual: string, capacity: string, path: FieldPath): Errors {
  const { min, max, step } = range
  const [minAt, maxAt] = [path.child("min"), path.child("max")]
  if (min === undefined) return [field.required(minAt, "required when validRange is defined")]
  const unless = (isWrong: boolean, at: FieldPath, value: string, why: string) =>
    isWrong ? [field.invalid(at, value, why)] : NONE
  return [
    ...unless(isMore(min, capacity), minAt, min, `min is larger than capacity value: ${capacity}`),
    ...unless(isMore(min, usual), minAt, usual, `default is less than min: ${min}`),
    ...(max === undefined
      ? NONE
      : [
          ...unless(isMore(min, max), maxAt, min, `min is larger than max: ${max}`),
          ...unless(isMore(max, capacity), maxAt, max, `max is larger than capacity value: ${capacity}`),
          ...unless(isMore(usual, max), maxAt, usual, `default is more than max: ${max}`),
        ]),
    ...(step === undefined ? NONE : validateStep(step, min, max, usual, capacity, path.child("step"))),
  ]
}

function validateStep(
  step: string,
  min: string,
  max: string | undefined,
  usual: string,
  capacity: string,
  path: FieldPath,
): Errors {
  const second = formatQuantity(addQuantities(parseQuantity(min), parseQuantity(step)))
  const value = (text: string) => quantityValue(parseQuantity(text))
  const fits = (text: string) => value(step) !== 0 && (value(text) - value(min)) % value(step) === 0
  const reached = max === undefined ? [usual] : [usual, max]
  return [
    ...(isMore(second, capacity)
      ? [field.invalid(path, step, `one step ${second} is larger than capacity value: ${capacity}`)]
      : NONE),
    ...reached
      .filter((text) => !fits(text))
      .map((text) => field.invalid(path, text, `value is not a multiple of a given step (${step}) from (${min})`)),
  ]
}
