import { type FieldError, invalid, notSupported, required } from "../../machinery/field/error.ts"
import { FieldPath } from "../../machinery/field/path.ts"
import { dns1123Subdomain } from "../../machinery/names/dns.ts"
import { LEVELS, STAGES } from "./event.ts"
import type { AuditGroupResources, AuditPolicy, AuditPolicyRule } from "./policy.ts"

/** Everything that is wrong with a policy, in Kubernetes' words. */
export function validatePolicy({ omitStages, rules }: AuditPolicy): FieldError[] {
  const root = FieldPath.root("rules")
  return [
    ...validateStages(omitStages ?? [], FieldPath.root("omitStages")),
    ...(rules ?? []).flatMap((rule, at) => validateRule(rule, root.index(at))),
  ]
}

function validateRule(rule: AuditPolicyRule, path: FieldPath): FieldError[] {
  const { level = "", nonResourceURLs = [], resources = [], namespaces = [], omitStages = [] } = rule
  const urlsPath = path.child("nonResourceURLs")
  const errors = [
    ...validateLevel(level, path.child("level")),
    ...nonResourceURLs.flatMap((url, at) => validateUrl(url, urlsPath.index(at))),
    ...resources.flatMap((one) => validateResources(one, path.child("resources"))),
    ...validateStages(omitStages, path.child("omitStages")),
  ]
  if (nonResourceURLs.length > 0 && resources.length + namespaces.length > 0) {
    const detail = "rules cannot apply to both regular resources and non-resource URLs"
    errors.push(invalid(urlsPath, nonResourceURLs, detail))
  }
  return errors
}

function validateLevel(level: string, path: FieldPath): FieldError[] {
  if (level === "") return [required(path)]
  // The order is Kubernetes'; it does not sort them here.
  return LEVELS.some((known) => known === level) ? [] : [notSupported(path, level, LEVELS)]
}

function validateUrl(url: string, path: FieldPath): FieldError[] {
  if (url === "*") return []
  const errors: FieldError[] = []
  if (!url.startsWith("/")) {
    errors.push(invalid(path, url, "non-resource URL rules must begin with a '/' character"))
  }
  if (url.slice(0, -1).includes("*")) {
    errors.push(invalid(path, url, "non-resource URL wildcards '*' must be the final character of the rule"))
  }
  return errors
}

/** Which of them it is Kubernetes does not tell. */
function validateResources(
  { group = "", resources = [], resourceNames = [] }: AuditGroupResources,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  const problems = group === "" || group === "*" ? [] : dns1123Subdomain(group)
  if (problems.length > 0) errors.push(invalid(path.child("group"), group, problems.join(",")))
  if (resourceNames.length > 0 && resources.length === 0) {
    errors.push(
      invalid(path.child("resourceNames"), resourceNames, "using resourceNames requires at least one resource"),
    )
  }
  return errors
}

function validateStages(stages: readonly string[], path: FieldPath): FieldError[] {
  return stages.flatMap((stage, at) =>
    STAGES.some((known) => known === stage)
      ? []
      : [invalid(path.index(at), stage, `allowed stages are ${STAGES.join(",")}`)],
  )
}
