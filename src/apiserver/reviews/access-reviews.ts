import type { SubjectAccessReviewSpec } from "../../api/authorization/v1/attributes.ts"
import { LocalSubjectAccessReview } from "../../api/authorization/v1/local-subject-access-review.ts"
import { SelfSubjectAccessReview } from "../../api/authorization/v1/self-subject-access-review.ts"
import { SubjectAccessReview } from "../../api/authorization/v1/subject-access-review.ts"
import { type FieldError, invalid as invalidField } from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { badRequest, invalid } from "../../machinery/status/errors.ts"
import type { Authorizer, CallHandler, RequestInfo, UserInfo } from "../call.ts"
import { validateAttributes, validateMetadata, validateSelectors, validateSubject } from "./access-validation.ts"
import { type AskedSelectors, askedSelectors } from "./asked-selectors.ts"
import { createReview } from "./review.ts"

/** May this user do that? https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */

const GROUP = "authorization.k8s.io"

export function createSubjectAccessReview(authorizer: Authorizer): CallHandler {
  return createReview(SubjectAccessReview, async (question) => {
    const { spec, metadata } = question
    refuse("SubjectAccessReview", [
      ...validateAttributes(spec),
      ...validateSubject(spec),
      ...validateSelectors(spec.resourceAttributes),
      ...validateMetadata(metadata, [], "must be empty"),
    ])
    return { ...question, status: await decide(authorizer, subjectOf(spec), spec) }
  })
}

export function createLocalSubjectAccessReview(authorizer: Authorizer): CallHandler {
  return createReview(LocalSubjectAccessReview, async (question, { info }) => {
    const { spec, metadata } = question
    const namespace = metadata.namespace ?? ""
    refuse("LocalSubjectAccessReview", [
      ...validateAttributes(spec),
      ...validateSubject(spec),
      ...validateSelectors(spec.resourceAttributes),
      ...validateMetadata(metadata, ["namespace"], "must be empty except for namespace"),
      ...validatePlace(spec, namespace),
    ])
    if (info.namespace !== namespace) {
      throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${info.namespace}`)
    }
    return { ...question, status: await decide(authorizer, subjectOf(spec), spec) }
  })
}

export function createSelfSubjectAccessReview(authorizer: Authorizer): CallHandler {
  return createReview(SelfSubjectAccessReview, async (question, { user }) => {
    const { spec, metadata } = question
    refuse("SelfSubjectAccessReview", [
      ...validateAttributes(spec),
      ...validateSelectors(spec.resourceAttributes),
      ...validateMetadata(metadata, [], "must be empty"),
    ])
    return { ...question, status: await decide(authorizer, user, spec) }
  })
}

function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: GROUP, kind }, "", errors)
}

function validatePlace(spec: SubjectAccessReviewSpec, namespace: string): FieldError[] {
  const errors: FieldError[] = []
  const own = spec.resourceAttributes && (spec.resourceAttributes.namespace ?? "")
  if (own !== undefined && own !== namespace) {
    const at = FieldPath.root("spec.resourceAttributes.namespace")
    errors.push(invalidField(at, own, "must match metadata.namespace"))
  }
  if (spec.nonResourceAttributes) {
    const at = FieldPath.root("spec.nonResourceAttributes")
    errors.push(invalidField(at, spec.nonResourceAttributes, "disallowed on this kind of request"))
  }
  return errors
}

function subjectOf({ user = "", groups = [], uid, extra = {} }: SubjectAccessReviewSpec): UserInfo {
  // Names of extra values are compared in lower case.
  const values = new Map(Object.entries(extra).map(([key, list]) => [key.toLowerCase(), list]))
  return { name: user, groups, extra: values, ...(uid && { uid }) }
}

type Target = Pick<SubjectAccessReviewSpec, "resourceAttributes" | "nonResourceAttributes">

async function decide(authorizer: Authorizer, user: UserInfo, target: Target): Promise<object> {
  const { resourceAttributes } = target
  const { problems, ...selectors } = resourceAttributes ? askedSelectors(resourceAttributes) : NO_SELECTORS
  const info = { ...infoOf(target), ...selectors }
  const { allowed, denied, reason, error } = await authorizer.authorize(user, info)
  const errors = [...(error ? [error] : []), ...problems]
  return {
    allowed,
    ...(denied && { denied }),
    ...(reason && { reason }),
    ...(errors.length > 0 && { evaluationError: errors.join("; ") }),
  }
}

const NO_SELECTORS: AskedSelectors = { problems: [] }

function infoOf({ resourceAttributes, nonResourceAttributes }: Target): RequestInfo {
  const none = { group: "", version: "", namespace: "", resource: "", subresource: "", name: "", rest: "" }
  if (resourceAttributes === undefined) {
    const { path = "", verb = "" } = nonResourceAttributes ?? {}
    return { ...none, isResource: false, path, verb }
  }
  const { fieldSelector: _, labelSelector: __, version = "", ...attributes } = resourceAttributes
  return { ...none, verb: "", ...attributes, isResource: true, path: "", version: version === "" ? "*" : version }
}
