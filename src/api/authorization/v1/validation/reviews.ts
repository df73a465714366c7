import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { type Errors, NONE } from "../../../core/v1/validation/rules.ts"
import type { NonResourceAttributes, ResourceAttributes, SubjectAccessReviewSpec } from "../attributes.ts"

/** Rules of questions about access: they ask one thing, about somebody, and are not stored. */

const SPEC = FieldPath.root("spec")

interface Asked {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: NonResourceAttributes
}

export function validateAsked({ resourceAttributes, nonResourceAttributes }: Asked): Errors {
  const errors: FieldError[] = []
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const why = "cannot be specified in combination with resourceAttributes"
    errors.push(field.invalid(SPEC.child("nonResourceAttributes"), nonResourceAttributes, why))
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
    errors.push(field.invalid(SPEC.child("resourceAttributes"), undefined, why))
  }
  return [...errors, ...validateSelectors(resourceAttributes, SPEC.child("resourceAttributes"))]
}

export function validateSubjectReview(spec: SubjectAccessReviewSpec): Errors {
  const somebody = spec.user || (spec.groups?.length ?? 0) > 0
  if (somebody) return validateAsked(spec)
  const why = "at least one of user or group must be specified"
  return [...validateAsked(spec), field.invalid(SPEC.child("user"), "", why)]
}

function validateSelectors(attributes: ResourceAttributes | undefined, path: FieldPath): Errors {
  const { fieldSelector, labelSelector } = attributes ?? {}
  return Object.entries({ fieldSelector, labelSelector }).flatMap(([member, selector]) => {
    if (selector === undefined) return NONE
    const { rawSelector = "", requirements = [] } = selector
    const at = path.child(member)
    if (rawSelector !== "" && requirements.length > 0) {
      return [field.invalid(at.child("rawSelector"), rawSelector, "may not specified at the same time as requirements")]
    }
    if (rawSelector !== "" || requirements.length > 0) return NONE
    const why = `when ${at.toString()} is specified, requirements or rawSelector is required`
    return [field.required(at.child("requirements"), why)]
  })
}

/** A question has no name, labels or the like. */
export function emptyMetadata(metadata: ObjectMeta, butNamespace: boolean): Errors {
  const { managedFields: _managedFields, namespace, ...rest } = metadata
  // The server gives every new object these before it validates.
  const { creationTimestamp: _creationTimestamp, uid: _uid, ...given } = rest
  const hasNamespace = !butNamespace && namespace !== undefined
  if (Object.keys(given).length === 0 && !hasNamespace) return NONE
  const why = butNamespace ? "must be empty except for namespace" : "must be empty"
  return [field.invalid(FieldPath.root("metadata"), metadata, why)]
}

export function validateLocalReview({
  metadata,
  spec,
}: {
  readonly metadata: ObjectMeta
  readonly spec: SubjectAccessReviewSpec
}): Errors {
  const { resourceAttributes, nonResourceAttributes } = spec
  const namespace = resourceAttributes?.namespace ?? ""
  const errors: FieldError[] = [...validateSubjectReview(spec), ...emptyMetadata(metadata, true)]
  if (resourceAttributes !== undefined && namespace !== (metadata.namespace ?? "")) {
    const at = SPEC.child("resourceAttributes").child("namespace")
    errors.push(field.invalid(at, namespace, "must match metadata.namespace"))
  }
  if (nonResourceAttributes !== undefined) {
    const at = SPEC.child("nonResourceAttributes")
    errors.push(field.invalid(at, nonResourceAttributes, "disallowed on this kind of request"))
  }
  return errors
}
