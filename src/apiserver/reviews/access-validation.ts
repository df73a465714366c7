import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReviewSpec,
} from "../../api/authorization/v1/attributes.ts"
import { type FieldError, forbidden, invalid, required } from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { labelValue, qualifiedName } from "../../machinery/names/labels.ts"

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
    ...validateSelector(attributes.fieldSelector, at.child("fieldSelector"), validateFieldRequirement),
    ...validateSelector(attributes.labelSelector, at.child("labelSelector"), validateLabelRequirement),
  ]
}

function validateSelector(
  selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined,
  at: FieldPath,
  validate: (requirement: Requirement, at: FieldPath) => readonly FieldError[],
): FieldError[] {
  if (selector === undefined) return []
  const { rawSelector = "", requirements = [] } = selector
  const errors: FieldError[] = []
  if (rawSelector !== "" && requirements.length > 0) {
    errors.push(invalid(at.child("rawSelector"), rawSelector, "may not specified at the same time as requirements"))
  }
  if (rawSelector === "" && requirements.length === 0) {
    const why = `when ${at.toString()} is specified, requirements or rawSelector is required`
    errors.push(required(at.child("requirements"), why))
  }
  const listed = at.child("requirements")
  for (const [index, requirement] of requirements.entries()) errors.push(...validate(requirement, listed.index(index)))
  return errors
}

type Requirement = NonNullable<(FieldSelectorAttributes | LabelSelectorAttributes)["requirements"]>[number]

function validateFieldRequirement(requirement: Requirement, at: FieldPath): FieldError[] {
  const named = requirement.key === "" ? [required(at.child("key"), "must be specified")] : []
  return [...named, ...countProblems(requirement, at.child("values"))]
}

function validateLabelRequirement(requirement: Requirement, at: FieldPath): FieldError[] {
  const { key, values = [] } = requirement
  return [
    ...countProblems(requirement, at.child("values")),
    ...qualifiedName(key).map((why) => invalid(at.child("key"), key, why)),
    ...values.flatMap((value, index) =>
      labelValue(value).map((why) => invalid(at.child("values").index(index), value, why)),
    ),
  ]
}

/** Operators of newer clients may be unknown. */
function countProblems({ operator, values = [] }: Requirement, at: FieldPath): FieldError[] {
  const wantsValues = operator === "In" || operator === "NotIn"
  if (wantsValues && values.length === 0) {
    return [required(at, "must be specified when `operator` is 'In' or 'NotIn'")]
  }
  const wantsNone = operator === "Exists" || operator === "DoesNotExist"
  if (!wantsNone || values.length === 0) return []
  return [forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
}

/** Questions are not stored, so they have no name. */
export function validateMetadata(metadata: object, except: readonly string[], why: string): FieldError[] {
  const found = Object.keys(metadata).filter((member) => !except.includes(member) && member !== "managedFields")
  return found.length === 0 ? [] : [invalid(FieldPath.root("metadata"), metadata, why)]
}
