import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { labelValue } from "../../../../machinery/names/labels.ts"
import { allOf, type Errors, NONE, oneOf, qualified, requiredOneOf } from "../../../core/v1/validation/rules.ts"
import type { DeviceTaint } from "../device.ts"
import type { DeviceToleration } from "../device-claim.ts"

const EFFECTS = ["NoExecute", "NoSchedule", "None"]

export function validateTaint({ key, value = "", effect }: DeviceTaint, path: FieldPath): Errors {
  return [
    ...qualified(key, path.child("key")),
    ...allOf(labelValue(value), value, path.child("value")),
    ...requiredOneOf(effect, EFFECTS, path.child("effect")),
  ]
}

export function validateToleration(toleration: DeviceToleration, path: FieldPath): Errors {
  const { key = "", effect = "" } = toleration
  return [
    ...(key === "" ? NONE : qualified(key, path.child("key"))),
    ...validateOperator(toleration, path),
    ...(effect === "" ? NONE : oneOf(effect, EFFECTS, path.child("effect"))),
  ]
}

function validateOperator({ operator, value = "" }: DeviceToleration, path: FieldPath): Errors {
  const at = path.child("value")
  switch (operator) {
    case "Exists":
      return value === "" ? NONE : [field.invalid(at, value, "must be empty for operator `Exists`")]
    case "Equal":
      return allOf(labelValue(value), value, at)
    default:
      return [field.notSupported(path.child("operator"), operator, ["Equal", "Exists"])]
  }
}
