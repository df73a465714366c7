import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { sortedKeys } from "../../../../machinery/json/key-order.ts"
import {
  compareQuantities,
  parseQuantity,
  quantityMilliValue,
  quantityOf,
} from "../../../../machinery/quantity/quantity.ts"
import type { LimitRangeItem, LimitRangeSpec } from "../limit-range.ts"
import { canOvercommit, containerResourceName, validateResourceName } from "./resources.ts"
import { type Errors, NONE, qualified } from "./rules.ts"

const LIMITS = FieldPath.root("spec", "limits")
const TYPES = new Set(["Container", "PersistentVolumeClaim", "Pod"])
const ONE = quantityOf(1, "DecimalSI")

export function validateLimitRange({ spec }: { readonly spec: LimitRangeSpec }): Errors {
  const { limits } = spec
  return limits.flatMap((item, index) => {
    const path = LIMITS.index(index)
    const repeats = limits.slice(0, index).some(({ type }) => type === item.type)
    return [
      ...validateType(item.type, path.child("type")),
      ...(repeats ? [field.duplicate(path.child("type"), item.type)] : NONE),
      ...validateNames(item, path),
      ...namesOf(item).flatMap((name) => validateAmounts(item, name, path)),
    ]
  })
}

function validateType(type: string, path: FieldPath): Errors {
  const problems = qualified(type, path)
  if (problems.length > 0 || type.includes("/") || TYPES.has(type)) return problems
  return [field.invalid(path, type, "must be a standard limit type or fully qualified")]
}

const MEMBERS = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const

function isForbidden(member: string, type: string): boolean {
  return type === "Pod" && (member === "default" || member === "defaultRequest")
}

function validateNames(item: LimitRangeItem, path: FieldPath): Errors {
  const rule = item.type === "Pod" || item.type === "Container" ? containerResourceName : validateResourceName
  const needsStorage = item.type === "PersistentVolumeClaim"
  const hasStorage = item.min?.["storage"] !== undefined || item.max?.["storage"] !== undefined
  const missing = "either minimum or maximum storage value is required, but neither was provided"
  return MEMBERS.flatMap((member) => {
    const at = path.child(member)
    const names = Object.keys(item[member] ?? {})
    if (isForbidden(member, item.type)) {
      return names.length === 0 ? NONE : [field.forbidden(at, "may not be specified when `type` is 'Pod'")]
    }
    const isLast = member === "maxLimitRequestRatio"
    return [
      ...(isLast && needsStorage && !hasStorage ? [field.required(path.child("limits"), missing)] : NONE),
      ...names.flatMap((name) => rule(name, at.key(name))),
    ]
  })
}

function namesOf(item: LimitRangeItem): readonly string[] {
  const lists = MEMBERS.filter((member) => !isForbidden(member, item.type)).map((member) => item[member])
  return sortedKeys(Object.assign(Object.create(null), ...lists) as object as { readonly [name: string]: unknown })
}

/** The amounts of one resource against each other. */
function validateAmounts(item: LimitRangeItem, name: string, path: FieldPath): FieldError[] {
  const [max, min] = [item.max?.[name], item.min?.[name]]
  const isPod = item.type === "Pod"
  const limit = isPod ? undefined : item.default?.[name]
  const request = isPod ? undefined : item.defaultRequest?.[name]
  const errors: FieldError[] = []
  const more = (left: string | undefined, right: string | undefined) =>
    left !== undefined && right !== undefined && compareQuantities(parseQuantity(left), parseQuantity(right)) > 0
  const wrong = (member: string, value: string | undefined, detail: string) => {
    errors.push(field.invalid(path.child(member).key(name), value, detail))
  }
  if (more(min, max)) wrong("min", min, `min value ${min} is greater than max value ${max}`)
  if (more(min, request)) {
    wrong("defaultRequest", request, `min value ${min} is greater than default request value ${request}`)
  }
  if (more(request, max)) {
    wrong("defaultRequest", request, `default request value ${request} is greater than max value ${max}`)
  }
  if (more(request, limit)) {
    wrong("defaultRequest", request, `default request value ${request} is greater than default limit value ${limit}`)
  }
  if (more(min, limit)) wrong("default", min, `min value ${min} is greater than default value ${limit}`)
  if (more(limit, max)) wrong("default", max, `default value ${limit} is greater than max value ${max}`)
  errors.push(...validateRatio(item, name, path))
  if (
    !canOvercommit(name) &&
    limit !== undefined &&
    request !== undefined &&
    (more(limit, request) || more(request, limit))
  ) {
    wrong("defaultRequest", request, `default value ${limit} must equal to defaultRequest value ${request} in ${name}`)
  }
  return errors
}

function validateRatio(item: LimitRangeItem, name: string, path: FieldPath): Errors {
  const ratio = item.maxLimitRequestRatio?.[name]
  if (ratio === undefined) return NONE
  const [max, min] = [item.max?.[name], item.min?.[name]]
  const at = path.child("maxLimitRequestRatio").key(name)
  const parsed = parseQuantity(ratio)
  const low = compareQuantities(parsed, ONE) < 0 ? [field.invalid(at, ratio, `ratio ${ratio} is less than 1`)] : NONE
  if (max === undefined || min === undefined) return low
  const highest = quantityMilliValue(parseQuantity(max)) / quantityMilliValue(parseQuantity(min))
  if (quantityMilliValue(parsed) / 1000 <= highest) return low
  return [...low, field.invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${highest.toFixed(6)}`)]
}
