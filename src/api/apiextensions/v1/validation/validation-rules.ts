import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { type Errors, NONE, oneOf } from "../../../core/v1/validation/rules.ts"
import type { ValidationRule } from "../json-schema-props.ts"

const REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]
const LINE_BREAK = /[\n\r]/

/** The texts alone. Whether expressions compile, and where `fieldPath` leads, is checked with the schema as a whole. */
export function validateRules(rules: readonly ValidationRule[], path: FieldPath): Errors {
  return rules.flatMap((rule, index) => {
    const at = path.index(index)
    const { messageExpression = "", reason, fieldPath = "" } = rule
    const blank = fieldPath !== "" && fieldPath.trim() === ""
    return [
      ...validateText(rule, at),
      ...(messageExpression !== "" && messageExpression.trim() === ""
        ? [field.required(at.child("messageExpression"), "messageExpression must be non-empty if specified")]
        : NONE),
      ...(reason === undefined ? NONE : oneOf(reason, REASONS, at.child("reason"))),
      ...(blank ? [field.invalid(at.child("fieldPath"), fieldPath, "must be non-empty if specified")] : NONE),
      ...(LINE_BREAK.test(fieldPath)
        ? [field.invalid(at.child("fieldPath"), fieldPath, "must not contain line breaks")]
        : NONE),
    ]
  })
}

/** The first thing that is wrong with rule and message. */
function validateText({ rule, message = "" }: ValidationRule, path: FieldPath): Errors {
  const at = path.child("message")
  if (rule.trim() === "") return [field.required(path.child("rule"), "rule is not specified")]
  if (message !== "" && message.trim() === "") {
    return [field.invalid(at, message, "must be non-empty if specified")]
  }
  if (LINE_BREAK.test(message.trim())) return [field.invalid(at, message, "must not contain line breaks")]
  if (LINE_BREAK.test(rule.trim()) && message === "") {
    return [field.required(at, "message must be specified if rule contains line breaks")]
  }
  return NONE
}
