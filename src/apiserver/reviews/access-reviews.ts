import type { ResourceAttributes, SubjectAccessReviewSpec } from "../../api/authorization/v1/attributes.ts"
import { LocalSubjectAccessReview } from "../../api/authorization/v1/local-subject-access-review.ts"
import { SelfSubjectAccessReview } from "../../api/authorization/v1/self-subject-access-review.ts"
import { SubjectAccessReview } from "../../api/authorization/v1/subject-access-review.ts"
import { type FieldError, invalid as invalidField } from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { badRequest, invalid } from "../../machinery/status/errors.ts"
import type { Authorizer, CallHandler, RequestInfo, UserInfo } from "../call.ts"
import { validateAttributes, validateMetadata, validateSelectors, validateSubject } from "./access-validation.ts"
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
  const { allowed, denied, reason } = await authorizer.authorize(user, infoOf(target))
  return { allowed, ...(denied && { denied }), ...(reason && { reason }) }
}

function infoOf({ resourceAttributes, nonResourceAttributes }: Target): RequestInfo {
  const none = { group: "", version: "", namespace: "", resource: "", subresource: "", name: "", rest: "" }
  if (resourceAttributes === undefined) {
    const { path = "", verb = "" } = nonResourceAttributes ?? {}
    return { ...none, isResource: false, path, verb }
  }
  const {
    verb = "",
    group = "",
    version = "",
    namespace = "",
    resource = "",
    subresource = "",
    name = "",
  } = resourceAttributes
  const fieldSelector = selectorOf(resourceAttributes)
  return {
    isResource: true,
    path: "",
    verb,
    group,
    version: version === "" ? "*" : version,
    namespace,
    resource,
    subresource,
    name,
    rest: "",
    ...(fieldSelector !== "" && { fieldSelector }),
  }
}

/** Requirements with one value say the same as text; others narrow less than any authorizer here looks at. */
function selectorOf({ fieldSelector }: ResourceAttributes): string {
  const { rawSelector = "", requirements = [] } = fieldSelector ?? {}
  if (rawSelector !== "") return rawSelector
  return requirements
    .filter(({ operator, values = [] }) => operator === "In" && values.length === 1)
    .map(({ key, values = [] }) => `${key}=${values[0]?.replace(/[\\,=]/g, "\\$&")}`)
    .join(",")
}
