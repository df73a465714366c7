import type { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import { approvalOf, approvalState, isProtectedGroup } from "../../api/apiextensions/v1/validation/names.ts"
import type { Condition } from "./conditions.ts"

const ANNOTATION = JSON.stringify("api-approved.kubernetes.io")
const REVIEW = "see https://github.com/kubernetes/enhancements/pull/1111"

/** Whether a group of the Kubernetes project may be used; undefined for all other groups. */
export function approvalCondition(definition: CustomResourceDefinition): Condition | undefined {
  if (!isProtectedGroup(definition.spec.group)) return undefined
  const text = approvalOf(definition)
  const type = "KubernetesAPIApprovalPolicyConformant"
  switch (approvalState(text)) {
    case "missing": {
      const message = `protected groups must have approval annotation ${ANNOTATION}, ${REVIEW}`
      return { type, status: "False", reason: "MissingAnnotation", message }
    }
    case "bypassed":
      return {
        type,
        status: "False",
        reason: "UnapprovedAnnotation",
        message: `not approved: ${JSON.stringify(text)}`,
      }
    case "approved":
      return { type, status: "True", reason: "ApprovedAnnotation", message: `approved in ${text}` }
    case "invalid": {
      const message = `protected groups must have approval annotation ${ANNOTATION} with either a URL or a reason starting with "unapproved", ${REVIEW}`
      return { type, status: "False", reason: "InvalidAnnotation", message }
    }
  }
}
