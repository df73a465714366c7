import { SelfSubjectRulesReview } from "../../api/authorization/v1/self-subject-rules-review.ts"
import type { PolicyRule } from "../../api/rbac/v1/types.ts"
import { aggregateMessages } from "../../machinery/field/error.ts"
import { badRequest } from "../../machinery/status/errors.ts"
import type { RbacAuthorizer } from "../authorization/rbac-authorizer.ts"
import type { CallHandler, UserInfo } from "../call.ts"
import { createReview } from "./review.ts"

/** What may I do here? What others than RBAC would allow is not among the answers. */
export function createRulesReview(
  rbac: Pick<RbacAuthorizer, "rulesFor">,
  authorizerTypes: () => readonly string[],
): CallHandler {
  return createReview(SelfSubjectRulesReview, (question, { user }) => {
    const { namespace } = question.spec
    if (!namespace) throw badRequest("no namespace on request")
    const types = authorizerTypes()
    const { rules, errors } = rulesOf(types, () => rbac.rulesFor(user, namespace))
    const silent = types.filter((type) => type === "Webhook" || (type === "Node" && isNode(user)))
    const unknown = silent.map((type) => `${type.toLowerCase()} authorizer does not support user rule resolution`)
    const problems = [...new Set([...unknown, ...errors])]
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
        incomplete: silent.length > 0,
        ...(problems.length > 0 && { evaluationError: aggregateMessages(problems) }),
      },
    }
  })
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
]

type Rules = ReturnType<RbacAuthorizer["rulesFor"]>

function rulesOf(types: readonly string[], ofRbac: () => Rules): Rules {
  const found = types.map((type): Rules => {
    if (type === "RBAC") return ofRbac()
    return { rules: type === "AlwaysAllow" ? EVERYTHING : [], errors: [] }
  })
  return { rules: found.flatMap(({ rules }) => rules), errors: found.flatMap(({ errors }) => errors) }
}

const isNode = ({ name, groups }: UserInfo): boolean =>
  name.startsWith("system:node:") && groups.includes("system:nodes")
