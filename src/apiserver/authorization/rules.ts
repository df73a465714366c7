import type { PolicyRule } from "../../api/rbac/v1/types.ts"
import type { RequestInfo } from "../call.ts"

/** What one RBAC rule means. https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */

const ALL = "*"

export type Attributes = Pick<
  RequestInfo,
  "isResource" | "path" | "verb" | "group" | "namespace" | "resource" | "subresource" | "name"
>

export function ruleAllows(rule: PolicyRule, request: Attributes): boolean {
  if (!holds(rule.verbs, request.verb)) return false
  if (!request.isResource) return (rule.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, request.path))
  return (
    holds(rule.apiGroups, request.group) &&
    (rule.resources ?? []).some((pattern) => resourceMatches(pattern, request.resource, request.subresource)) &&
    nameMatches(rule.resourceNames, request.name)
  )
}

const holds = (patterns: readonly string[] | undefined, value: string): boolean =>
  patterns !== undefined && (patterns.includes(value) || patterns.includes(ALL))

/** `pods` does not include `pods/log`; `*` includes everything, and a star with a subresource that of any resource. */
function resourceMatches(pattern: string, resource: string, subresource: string): boolean {
  if (pattern === ALL) return true
  if (subresource === "") return pattern === resource
  return pattern === `${resource}/${subresource}` || pattern === `*/${subresource}`
}

function nameMatches(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || names.includes(name)
}

function urlMatches(pattern: string, path: string): boolean {
  if (pattern === ALL || pattern === path) return true
  return pattern.endsWith(ALL) && path.startsWith(pattern.replace(/\*+$/, ""))
}

/** The parts of `wanted` that no rule of `owned` allows, each with one verb and one target. */
export function uncovered(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap((rule) => [...atoms(rule)].filter((atom) => !owned.some((owner) => covers(owner, atom))))
}

/** A rule as many rules that each say one thing. */
function* atoms(rule: PolicyRule): Iterable<PolicyRule> {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  for (const verb of rule.verbs) {
    for (const group of apiGroups) {
      for (const resource of resources) {
        const atom = { verbs: [verb], apiGroups: [group], resources: [resource] }
        if (resourceNames.length === 0) yield atom
        for (const name of resourceNames) yield { ...atom, resourceNames: [name] }
      }
    }
    for (const url of nonResourceURLs) yield { verbs: [verb], nonResourceURLs: [url] }
  }
}

function covers(owner: PolicyRule, atom: PolicyRule): boolean {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = atom
  if (!verbs.every((verb) => holds(owner.verbs, verb))) return false
  if (nonResourceURLs.length > 0) {
    return nonResourceURLs.every((url) => (owner.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, url)))
  }
  const ownNames = owner.resourceNames ?? []
  return (
    apiGroups.every((group) => holds(owner.apiGroups, group)) &&
    resources.every((resource) => {
      const [plain = "", subresource = ""] = resource.split("/", 2)
      return (owner.resources ?? []).some(
        (pattern) => pattern === resource || resourceMatches(pattern, plain, subresource),
      )
    }) &&
    (ownNames.length === 0 || (resourceNames.length > 0 && resourceNames.every((name) => ownNames.includes(name))))
  )
}

/** The rule as refusals show it: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`. */
export function formatRule(rule: PolicyRule): string {
  const parts: string[] = []
  const add = (name: string, values: readonly string[] | undefined) => {
    if (values !== undefined && values.length > 0)
      parts.push(`${name}:[${values.map((value) => JSON.stringify(value)).join(" ")}]`)
  }
  add("APIGroups", rule.apiGroups)
  add("Resources", rule.resources)
  add("NonResourceURLs", rule.nonResourceURLs)
  add("ResourceNames", rule.resourceNames)
  add("Verbs", rule.verbs)
  return `{${parts.join(", ")}}`
}
