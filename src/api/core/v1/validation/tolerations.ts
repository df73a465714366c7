import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { labelValue } from "../../../../machinery/names/labels.ts"
import type { Taint, Toleration } from "../toleration.ts"
import { type Errors, NONE, oneOf, qualified, requiredOneOf } from "./rules.ts"

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

export function validateTolerations(tolerations: readonly Toleration[], path: FieldPath): Errors {
  return tolerations.flatMap((toleration, index) => validateToleration(toleration, path.index(index)))
}

function validateToleration(toleration: Toleration, path: FieldPath): readonly FieldError[] {
  const { key = "", operator = "", effect = "", tolerationSeconds } = toleration
  const errors: FieldError[] = key === "" ? [] : [...qualified(key, path.child("key"))]
  if (key === "" && operator !== "Exists") {
    const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    errors.push(field.invalid(path.child("operator"), operator, why))
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    const why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
    errors.push(field.invalid(path.child("effect"), effect, why))
  }
  errors.push(...validateOperator(toleration, path.child("operator")))
  return effect === "" ? errors : [...errors, ...oneOf(effect, EFFECTS, path.child("effect"))]
}

function validateOperator({ operator = "", value = "" }: Toleration, path: FieldPath): Errors {
  switch (operator) {
    case "":
    case "Equal": {
      const problems = labelValue(value)
      return problems.length === 0 ? NONE : [field.invalid(path, value, problems.join(";"))]
    }
    case "Exists":
      return value === "" ? NONE : [field.invalid(path, value, "value must be empty when `operator` is 'Exists'")]
    case "Lt":
    case "Gt":
      return [field.notSupported(path, operator, ["Equal", "Exists", "Lt", "Gt"])]
    default:
      return [field.notSupported(path, operator, ["Equal", "Exists"])]
  }
}

/** The taints of a node. */
export function validateTaints(taints: readonly Taint[], path: FieldPath): Errors {
  const seen = new Set<string>()
  return taints.flatMap((taint, index) => {
    const at = path.index(index)
    const { key, value = "", effect } = taint
    const identity = `${effect}/${key}`
    const repeated = seen.has(identity)
    const problems = labelValue(value)
    seen.add(identity)
    return [
      ...qualified(key, at.child("key")),
      ...(problems.length === 0 ? NONE : [field.invalid(at.child("value"), value, problems.join(";"))]),
      ...requiredOneOf(effect, EFFECTS, at.child("effect")),
      ...(repeated ? [duplicateTaint(taint, at)] : NONE),
    ]
  })
}

function duplicateTaint(taint: Taint, path: FieldPath): FieldError {
  const error = field.duplicate(path, taint)
  return { ...error, body: `${error.body}: taints must be unique by key and effect pair` }
}
