import type { FlowSchema } from "../../api/flowcontrol/v1/flow-schema.ts"
import type { RequestInfo, UserInfo } from "../call.ts"

type Rule = NonNullable<FlowSchema["spec"]["rules"]>[number]
type Subject = Rule["subjects"][number]
type ResourceRule = NonNullable<Rule["resourceRules"]>[number]
type PathRule = NonNullable<Rule["nonResourceRules"]>[number]

/** The order in which flow schemas are tried: by precedence, then by name. */
export function bySchemaOrder(left: FlowSchema, right: FlowSchema): number {
  const difference = (left.spec.matchingPrecedence ?? 0) - (right.spec.matchingPrecedence ?? 0)
  return difference === 0 ? (left.metadata.name < right.metadata.name ? -1 : 1) : difference
}

export function matchesSchema({ spec }: FlowSchema, user: UserInfo, info: RequestInfo): boolean {
  return (spec.rules ?? []).some(
    ({ subjects, resourceRules, nonResourceRules }) =>
      subjects.some((subject) => isSubject(subject, user)) &&
      (info.isResource
        ? (resourceRules ?? []).some((rule) => matchesResource(rule, info))
        : (nonResourceRules ?? []).some((rule) => matchesPath(rule, info))),
  )
}

/** What tells the requests of one schema apart: each value is a flow of its own. */
export function distinguisher({ spec }: FlowSchema, user: UserInfo, info: RequestInfo): string {
  switch (spec.distinguisherMethod?.type) {
    case "ByUser":
      return user.name
    case "ByNamespace":
      return info.namespace
    default:
      return ""
  }
}

const ALL = "*"

function isSubject(subject: Subject, user: UserInfo): boolean {
  switch (subject.kind) {
    case "User":
      return subject.user?.name === ALL || subject.user?.name === user.name
    case "Group":
      return subject.group?.name === ALL || user.groups.includes(subject.group?.name ?? "")
    case "ServiceAccount": {
      const { namespace, name } = subject.serviceAccount ?? { namespace: "", name: "" }
      const prefix = `system:serviceaccount:${namespace}:`
      return name === ALL ? user.name.startsWith(prefix) : user.name === `${prefix}${name}`
    }
    default:
      return false
  }
}

const includes = (list: readonly string[], value: string): boolean =>
  (list.length === 1 && list[0] === ALL) || list.includes(value)

function matchesResource(rule: ResourceRule, info: RequestInfo): boolean {
  const resource = info.subresource === "" ? info.resource : `${info.resource}/${info.subresource}`
  if (!includes(rule.verbs, info.verb) || !includes(rule.resources, resource)) return false
  if (!includes(rule.apiGroups, info.group)) return false
  return info.namespace === "" ? rule.clusterScope === true : includes(rule.namespaces ?? [], info.namespace)
}

function matchesPath(rule: PathRule, { verb, path }: RequestInfo): boolean {
  if (!includes(rule.verbs, verb)) return false
  return rule.nonResourceURLs.some((pattern) => {
    if (pattern === ALL || pattern === path) return true
    const prefix = pattern.endsWith("*") ? pattern.slice(0, -1) : pattern
    return path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`)
  })
}
