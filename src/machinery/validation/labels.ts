import type { FieldError } from "../field/error.ts"
import * as field from "../field/error.ts"
import type { FieldPath } from "../field/path.ts"
import type { LabelSelector, LabelSelectorRequirement } from "../meta/label-selector.ts"
import { labelValue, qualifiedName } from "../names/labels.ts"

/** Labels of an object or a template. As in Kubernetes, the path is that of the map. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: FieldPath): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedName(key).map((problem) => field.invalid(path, key, problem)),
    ...labelValue(value).map((problem) => field.invalid(path, value, problem)),
  ])
}

export function validateLabelSelector(selector: LabelSelector | undefined, path: FieldPath): FieldError[] {
  if (selector === undefined) return []
  const expressions = path.child("matchExpressions")
  return [
    ...validateLabels(selector.matchLabels, path.child("matchLabels")),
    ...(selector.matchExpressions ?? []).flatMap((requirement, index) =>
      validateRequirement(requirement, expressions.index(index)),
    ),
  ]
}

function validateRequirement(
  { key, operator, values = [] }: LabelSelectorRequirement,
  path: FieldPath,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const at = path.child("values")
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) errors.push(field.required(at, "must be specified when `operator` is 'In' or 'NotIn'"))
      break
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        errors.push(field.forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
      }
      break
    default:
      errors.push(field.invalid(path.child("operator"), operator, "not a valid selector operator"))
  }
  for (const problem of qualifiedName(key)) errors.push(field.invalid(path.child("key"), key, problem))
  for (const [index, value] of values.entries()) {
    for (const problem of labelValue(value)) errors.push(field.invalid(at.index(index), value, problem))
  }
  return errors
}
