import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReviewSpec,
} from "../../api/authorization/v1/attributes.ts"
import { type FieldError, invalid, required } from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"

/** What is wrong with questions about access. */

const spec = FieldPath.root("spec")

interface Wanted {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: NonResourceAttributes
}

/** Exactly one kind of target must be named. */
export function validateAttributes({ resourceAttributes, nonResourceAttributes }: Wanted): FieldError[] {
  const errors: FieldError[] = []
  if (resourceAttributes && nonResourceAttributes) {
    const why = "cannot be specified in combination with resourceAttributes"
    errors.push(invalid(spec.child("nonResourceAttributes"), nonResourceAttributes, why))
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
    errors.push(invalid(spec.child("resourceAttributes"), null, why))
  }
  return errors
}

export function validateSubject({ user = "", groups = [] }: SubjectAccessReviewSpec): FieldError[] {
  if (user !== "" || groups.length > 0) return []
  return [invalid(spec.child("user"), user, "at least one of user or group must be specified")]
}

export function validateSelectors(attributes: ResourceAttributes | undefined): FieldError[] {
  if (attributes === undefined) return []
  const at = spec.child("resourceAttributes")
  return [
    ...validateSelector(attributes.fieldSelector, at.child("fieldSelector")),
    ...validateSelector(attributes.labelSelector, at.child("labelSelector")),
  ]
}

function validateSelector(
  selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined,
  at: FieldPath,
): FieldError[] {
  if (selector === undefined) return []
  const { rawSelector = "", requirements = [] } = selector
  if (rawSelector !== "" && requirements.length > 0) {
    return [invalid(at.child("rawSelector"), rawSelector, "may not specified at the same time as requirements")]
  }
  if (rawSelector === "" && requirements.length === 0) {
    const why = `when ${at.toString()} is specified, requirements or rawSelector is required`
    return [required(at.child("requirements"), why)]
  }
  return []
}

/** Questions are not stored, so they have no name. */
export function validateMetadata(metadata: object, except: readonly string[], why: string): FieldError[] {
  const found = Object.keys(metadata).filter((member) => !except.includes(member) && member !== "managedFields")
  return found.length === 0 ? [] : [invalid(FieldPath.root("metadata"), metadata, why)]
}
