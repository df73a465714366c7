import type { RuleWithOperations } from "../../../api/admissionregistration/v1/match-resources.ts"
import type { AdmissionRequest } from "../plugin.ts"

/** What rules look at: the request, or the same request as if it came through another version of the resource. */
export interface Aim {
  readonly operation: AdmissionRequest["operation"]
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly subresource: string
  /** The namespace's own name for requests about a namespace. */
  readonly namespace: string
}

export function aimOf({ operation, resource, subresource, namespace }: AdmissionRequest): Aim {
  const { group, version, plural } = resource
  return { operation, group, version, plural, subresource, namespace }
}

export function matchesRule(rule: RuleWithOperations, aim: Aim): boolean {
  return (
    includes(rule.operations, aim.operation) &&
    includes(rule.apiGroups, aim.group) &&
    includes(rule.apiVersions, aim.version) &&
    matchesResource(rule.resources, aim) &&
    matchesScope(rule.scope ?? "*", aim)
  )
}

function includes(items: readonly string[] | undefined, wanted: string): boolean {
  return items?.some((item) => item === "*" || item === wanted) ?? false
}

function matchesResource(resources: readonly string[] = [], { plural, subresource }: Aim): boolean {
  return resources.some((each) => {
    const slash = each.indexOf("/")
    const resource = slash < 0 ? each : each.slice(0, slash)
    const part = slash < 0 ? "" : each.slice(slash + 1)
    return (resource === "*" || resource === plural) && (part === "*" || part === subresource)
  })
}

/** Namespaces belong to the cluster, although requests about them carry their name as their namespace. */
function matchesScope(scope: string, { group, version, plural, namespace }: Aim): boolean {
  const isNamespace = group === "" && version === "v1" && plural === "namespaces"
  switch (scope) {
    case "*":
      return true
    case "Namespaced":
      return !isNamespace && namespace !== ""
    case "Cluster":
      return isNamespace || namespace === ""
    default:
      return false
  }
}
