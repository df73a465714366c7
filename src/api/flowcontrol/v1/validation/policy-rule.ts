import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { dns1123Label } from "../../../../machinery/names/dns.ts"
import { allOf, type Errors, NONE } from "../../../core/v1/validation/rules.ts"
import type { NonResourcePolicyRule, ResourcePolicyRule } from "../flow-schema.ts"

const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"]
const NAMESPACE_RULE = "each member of this list must be '*' or a DNS-1123 label; "

export function validateResourceRule(rule: ResourcePolicyRule, path: FieldPath): Errors {
  const { verbs, apiGroups, resources, namespaces = [], clusterScope = false } = rule
  const at = path.child("namespaces")
  return [
    ...validateVerbs(verbs, path.child("verbs")),
    ...listed(apiGroups, path.child("apiGroups"), "resource rules must supply at least one api group", "api groups"),
    ...listed(resources, path.child("resources"), "resource rules must supply at least one resource", "resources"),
    ...(namespaces.length === 0 && clusterScope
      ? NONE
      : listed(
          namespaces,
          at,
          "resource rules that are not cluster scoped must supply at least one namespace",
          "namespaces",
        )),
    ...(namespaces.includes("*")
      ? NONE
      : namespaces.flatMap((namespace, index) =>
          allOf(
            dns1123Label(namespace).map((problem) => NAMESPACE_RULE + problem),
            namespace,
            at.index(index),
          ),
        )),
  ]
}

export function validateNonResourceRule(
  { verbs, nonResourceURLs: urls }: NonResourcePolicyRule,
  path: FieldPath,
): Errors {
  const at = path.child("nonResourceURLs")
  return [
    ...validateVerbs(verbs, path.child("verbs")),
    ...listed(urls, at, "nonResourceURLs must contain at least one value", "non-resource URLs"),
    ...(urls.includes("*") ? NONE : urls.flatMap((url, index) => validateUrl(url, at.index(index)))),
  ]
}

function validateVerbs(verbs: readonly string[], path: FieldPath): Errors {
  const problems = listed(verbs, path, "verbs must contain at least one value", "verbs")
  if (problems.length > 0 || verbs.includes("*") || verbs.every((verb) => VERBS.includes(verb))) return problems
  return [field.notSupported(path, verbs, VERBS)]
}

/** At least one, and the wildcard only alone. */
function listed(items: readonly string[], path: FieldPath, whenEmpty: string, others: string): Errors {
  if (items.length === 0) return [field.required(path, whenEmpty)]
  if (items.length === 1 || !items.includes("*")) return NONE
  return [field.invalid(path, items, `if '*' is present, must not specify other ${others}`)]
}

function validateUrl(url: string, path: FieldPath): Errors {
  const problem = problemOfUrl(url)
  return problem === undefined ? NONE : [field.invalid(path, url, problem)]
}

function problemOfUrl(url: string): string | undefined {
  if (url === "") return "must not be empty"
  if (url === "/") return undefined
  if (!url.startsWith("/")) return "must start with slash"
  if (url.includes(" ")) return "must not contain white-space"
  if (url.includes("//")) return "must not contain double slash"
  const wildcards = url.split("*").length - 1
  if (wildcards > 1 || (wildcards === 1 && !url.endsWith("/*"))) return "wildcard can only do suffix matching"
  return undefined
}
