import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import type { FieldPath } from "../field/path.ts"
import type { Condition } from "../meta/condition.ts"
import { qualifiedName } from "../names/labels.ts"
import { byteLength, doesNotMatch } from "../names/rules.ts"

/** Rules of `metav1.Condition`, for the kinds that hold their conditions to them. */

const STATUSES = ["False", "True", "Unknown"]
const REASON_BYTES_MAX = 1024
const MESSAGE_BYTES_MAX = 32 * 1024
const REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
const reasonPattern = new RegExp(`^${REASON}$`)
const REASON_RULE =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'"

export function validateConditions(conditions: readonly Condition[] | undefined, path: FieldPath): FieldError[] {
  const seen = new Set<string>()
  return (conditions ?? []).flatMap((condition, index) => {
    const at = path.index(index)
    const repeated = seen.has(condition.type) ? [field.duplicate(at.child("type"), condition.type)] : []
    seen.add(condition.type)
    return [...repeated, ...validateCondition(condition, at)]
  })
}

function validateCondition(condition: Condition, path: FieldPath): FieldError[] {
  const { type, status, observedGeneration = 0, lastTransitionTime, message } = condition
  const tooLong = byteLength(message) > MESSAGE_BYTES_MAX
  return [
    ...qualifiedName(type).map((problem) => field.invalid(path.child("type"), type, problem)),
    ...(STATUSES.includes(status) ? [] : [field.notSupported(path.child("status"), status, STATUSES)]),
    ...(observedGeneration < 0
      ? [field.invalid(path.child("observedGeneration"), observedGeneration, "must be greater than or equal to zero")]
      : []),
    ...(lastTransitionTime ? [] : [field.required(path.child("lastTransitionTime"))]),
    ...validateReason(condition.reason, path.child("reason")),
    ...(tooLong ? [field.tooLong(path.child("message"), MESSAGE_BYTES_MAX)] : []),
  ]
}

function validateReason(reason: string, path: FieldPath): FieldError[] {
  if (reason === "") return [field.required(path)]
  const examples = ["my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"]
  return [
    ...(reasonPattern.test(reason)
      ? []
      : [field.invalid(path, reason, doesNotMatch(REASON_RULE, REASON, ...examples))]),
    ...(byteLength(reason) > REASON_BYTES_MAX ? [field.tooLong(path, REASON_BYTES_MAX)] : []),
  ]
}
