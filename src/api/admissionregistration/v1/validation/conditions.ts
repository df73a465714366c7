import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import type { Condition } from "../../../../machinery/meta/condition.ts"
import { qualifiedName } from "../../../../machinery/names/labels.ts"
import { byteLength, doesNotMatch } from "../../../../machinery/names/rules.ts"
import { allOf, type Errors, NONE, oneOf } from "../../../core/v1/validation/rules.ts"

const STATUSES = ["False", "True", "Unknown"]
const REASON_BYTES_MAX = 1024
const MESSAGE_BYTES_MAX = 32 * 1024
const REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
const reasonPattern = new RegExp(`^${REASON}$`)
const REASON_RULE =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'"
const EXAMPLES = ["my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"]

/** Conditions of the form that all newer kinds share. */
export function validateConditions(conditions: readonly Condition[] = [], path: FieldPath): Errors {
  const seen = new Set<string>()
  return conditions.flatMap((condition, index) => {
    const at = path.index(index)
    const repeated = seen.has(condition.type) ? [field.duplicate(at.child("type"), condition.type)] : NONE
    seen.add(condition.type)
    return [...repeated, ...validateCondition(condition, at)]
  })
}

function validateCondition(condition: Condition, path: FieldPath): Errors {
  const { type, status, observedGeneration = 0, lastTransitionTime, reason, message } = condition
  return [
    ...allOf(qualifiedName(type), type, path.child("type")),
    ...oneOf(status, STATUSES, path.child("status")),
    ...(observedGeneration < 0
      ? [field.invalid(path.child("observedGeneration"), observedGeneration, "must be greater than or equal to zero")]
      : NONE),
    ...(lastTransitionTime ? NONE : [field.required(path.child("lastTransitionTime"))]),
    ...validateReason(reason, path.child("reason")),
    ...(byteLength(message) > MESSAGE_BYTES_MAX ? [field.tooLong(path.child("message"), MESSAGE_BYTES_MAX)] : NONE),
  ]
}

function validateReason(reason: string, path: FieldPath): Errors {
  if (reason === "") return [field.required(path)]
  return [
    ...(reasonPattern.test(reason)
      ? NONE
      : [field.invalid(path, reason, doesNotMatch(REASON_RULE, REASON, ...EXAMPLES))]),
    ...(byteLength(reason) > REASON_BYTES_MAX ? [field.tooLong(path, REASON_BYTES_MAX)] : NONE),
  ]
}
