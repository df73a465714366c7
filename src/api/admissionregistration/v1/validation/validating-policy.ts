import { boolType, nullType, stringType } from "../../../../machinery/cel/types.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { type Errors, NONE, nonEmpty, oneOf, qualified } from "../../../core/v1/validation/rules.ts"
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicySpec,
  ValidatingAdmissionPolicyStatus,
  Validation,
} from "../validating-admission-policy.ts"
import { validateConditions } from "./conditions.ts"
import { PolicyExpressions } from "./expressions.ts"
import { validatePolicy } from "./policy.ts"

const SPEC = FieldPath.root("spec")
const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge"]
const ANNOTATIONS_MAX = 20
const ANNOTATION_EXPRESSION_BYTES_MAX = 5 * 1024
const NEITHER = "validations or auditAnnotations must contain at least one item"

interface PolicyObject {
  readonly metadata: ObjectMeta
  readonly spec: ValidatingAdmissionPolicySpec
}

export function validateValidatingPolicy({ metadata, spec }: PolicyObject): Errors {
  const { validations = [], auditAnnotations = [], paramKind, variables = [] } = spec
  const expressions = new PolicyExpressions(paramKind !== undefined, variables.length > 0)
  // First, because the others may use the variables.
  const first = validatePolicy(spec, expressions)
  const annotations = SPEC.child("auditAnnotations")
  const rest =
    validations.length + auditAnnotations.length === 0
      ? [field.required(SPEC.child("validations"), NEITHER), field.required(annotations, NEITHER)]
      : [
          ...validations.flatMap((one, index) =>
            validateValidation(one, expressions, SPEC.child("validations").index(index)),
          ),
          ...validateAnnotations(auditAnnotations, expressions, metadata.name ?? "", annotations),
        ]
  return [...first, ...rest]
}

const LINE_BREAK = /[\n\r]/

function validateValidation(validation: Validation, expressions: PolicyExpressions, path: FieldPath): Errors {
  const { expression, message = "", messageExpression = "", reason } = validation
  const blank = (text: string, name: string): Errors =>
    text !== "" && text.trim() === "" ? [field.invalid(path.child(name), text, "must be non-empty if specified")] : NONE
  return [
    ...(expression.trim() === ""
      ? [field.required(path.child("expression"), "expression is not specified")]
      : expressions.check(expression, [boolType], path.child("expression"))),
    ...blank(messageExpression, "messageExpression"),
    ...(messageExpression.trim() === ""
      ? NONE
      : expressions.check(messageExpression, [stringType], path.child("messageExpression"), { authorizer: false })),
    ...blank(message, "message"),
    ...(LINE_BREAK.test(message.trim())
      ? [field.invalid(path.child("message"), message, "must not contain line breaks")]
      : NONE),
    ...(reason === undefined ? NONE : oneOf(reason, REASONS, path.child("reason"))),
  ]
}

function validateAnnotations(
  annotations: readonly AuditAnnotation[],
  expressions: PolicyExpressions,
  policy: string,
  path: FieldPath,
): Errors {
  const seen = new Set<string>()
  const tooMany = annotations.length > ANNOTATIONS_MAX
  return [
    ...(tooMany
      ? [field.invalid(path, annotations, `must not have more than ${ANNOTATIONS_MAX} auditAnnotations`)]
      : NONE),
    ...annotations.flatMap(({ key, valueExpression }, index) => {
      const at = path.index(index).child("key")
      const repeated = seen.has(key) ? [field.duplicate(at, key)] : NONE
      seen.add(key)
      return [
        ...(policy === ""
          ? [field.invalid(at, key, "requires metadata.name be non-empty")]
          : qualified(`${policy}/${key}`, at)),
        ...validateAnnotationExpression(
          valueExpression.trim(),
          expressions,
          path.index(index).child("valueExpression"),
        ),
        ...repeated,
      ]
    }),
  ]
}

function validateAnnotationExpression(expression: string, expressions: PolicyExpressions, path: FieldPath): Errors {
  if (byteLength(expression) > ANNOTATION_EXPRESSION_BYTES_MAX) {
    return [field.required(path, `must not exceed ${ANNOTATION_EXPRESSION_BYTES_MAX} bytes in length`)]
  }
  if (expression === "") return [field.required(path, "valueExpression is not specified")]
  return expressions.check(expression, [stringType, nullType], path)
}

export function validateValidatingPolicyStatus({
  status,
}: {
  readonly status: ValidatingAdmissionPolicyStatus
}): Errors {
  const warnings = FieldPath.root("status", "typeChecking", "expressionWarnings")
  return [
    ...(status.typeChecking?.expressionWarnings ?? []).flatMap(({ warning, fieldRef }, index) => [
      ...nonEmpty(warning, warnings.index(index).child("warning")),
      ...nonEmpty(fieldRef.trim(), warnings.index(index).child("fieldRef")),
    ]),
    ...validateConditions(status.conditions, FieldPath.root("status", "conditions")),
  ]
}
