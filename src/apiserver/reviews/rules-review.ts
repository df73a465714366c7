import { SelfSubjectRulesReview } from "../../api/authorization/v1/self-subject-rules-review.ts"
import { badRequest } from "../../machinery/status/errors.ts"
import type { RbacAuthorizer } from "../authorization/rbac-authorizer.ts"
import type { CallHandler, UserInfo } from "../call.ts"
import { createReview } from "./review.ts"

/** What may I do here? What the node authorizer would allow is not among the answers. */
export function createRulesReview(rbac: Pick<RbacAuthorizer, "rulesFor">): CallHandler {
  return createReview(SelfSubjectRulesReview, (question, { user }) => {
    const { namespace } = question.spec
    if (!namespace) throw badRequest("no namespace on request")
    const { rules, error } = rbac.rulesFor(user, namespace)
    const node = isNode(user) ? "node authorizer does not support user rule resolution" : ""
    const evaluationError = [node, error].filter((text) => text !== "").join(", ")
    const { apiVersion, kind } = question
    return {
      kind,
      apiVersion,
      metadata: {},
      spec: {},
      status: {
        resourceRules: rules
          .filter(({ resources = [] }) => resources.length > 0)
          .map(({ verbs, apiGroups, resources, resourceNames }) => ({
            verbs,
            ...(apiGroups && { apiGroups }),
            ...(resources && { resources }),
            ...(resourceNames && { resourceNames }),
          })),
        nonResourceRules: rules
          .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
          .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
        incomplete: node !== "",
        ...(evaluationError !== "" && { evaluationError }),
      },
    }
  })
}

const isNode = ({ name, groups }: UserInfo): boolean =>
  name.startsWith("system:node:") && groups.includes("system:nodes")
