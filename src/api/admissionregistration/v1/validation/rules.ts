import { boolType } from "../../../../machinery/cel/types.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { pathSegmentName } from "../../../../machinery/names/identifiers.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import { allOf, type Errors, NONE, nonEmpty, oneOf, qualified } from "../../../core/v1/validation/rules.ts"
import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  Rule,
  RuleWithOperations,
} from "../match-resources.ts"
import { conditionExpressions } from "./expressions.ts"

export const FAILURE_POLICIES = ["Fail", "Ignore"]
export const MATCH_POLICIES = ["Equivalent", "Exact"]
export const REINVOCATION_POLICIES = ["IfNeeded", "Never"]
const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]
/** What a deleted object would become does not matter. */
const MUTATING_OPERATIONS = ["*", "CONNECT", "CREATE", "UPDATE"]
const SCOPES = ["*", "Cluster", "Namespaced"]
const CONDITIONS_MAX = 64

export function validateOperations(rule: RuleWithOperations, path: FieldPath): Errors {
  const at = path.child("operations")
  return [
    ...listed(rule.operations, at, "operations"),
    ...(rule.operations ?? []).flatMap((operation, index) => oneOf(operation, OPERATIONS, at.index(index))),
    ...validateRule(rule, path),
  ]
}

function validateRule({ apiGroups, apiVersions, resources, scope }: Rule, path: FieldPath): Errors {
  const versions = path.child("apiVersions")
  return [
    ...listed(apiGroups, path.child("apiGroups"), "API groups"),
    ...listed(apiVersions, versions, "API versions"),
    ...(apiVersions ?? []).flatMap((version, index) => nonEmpty(version, versions.index(index))),
    ...validateResources(resources ?? [], path.child("resources")),
    ...(scope === undefined ? NONE : oneOf(scope, SCOPES, path.child("scope"))),
  ]
}

/** At least one, and the wildcard only alone. */
function listed(items: readonly string[] | undefined, path: FieldPath, others: string): Errors {
  if (items === undefined || items.length < 2 || !items.includes("*")) return nonEmpty(items, path)
  return [field.invalid(path, items, `if '*' is present, must not specify other ${others}`)]
}

function validateResources(resources: readonly string[], path: FieldPath): Errors {
  const withAllSubresources = new Set<string>()
  const ofAllResources = new Set<string>()
  const each = resources.flatMap((entry, index): Errors => {
    if (entry === "") return [field.required(path.index(index))]
    const slash = entry.indexOf("/")
    if (slash < 0) return NONE
    const [resource, subresource] = [entry.slice(0, slash), entry.slice(slash + 1)]
    const covered = (by: string) =>
      field.invalid(path.index(index), entry, `if '${by}' is present, must not specify ${entry}`)
    const errors = [
      ...(withAllSubresources.has(resource) ? [covered(`${resource}/*`)] : NONE),
      ...(ofAllResources.has(subresource) ? [covered(`*/${subresource}`)] : NONE),
    ]
    if (subresource === "*") withAllSubresources.add(resource)
    if (resource === "*") ofAllResources.add(subresource)
    return errors
  })
  // Kubernetes looks at the last plain resource only.
  const plain = resources.findLast((entry) => entry !== "" && !entry.includes("/"))
  return [
    ...nonEmpty(resources, path),
    ...each,
    ...(resources.length > 1 && resources.includes("*/*")
      ? [field.invalid(path, resources, "if '*/*' is present, must not specify other resources")]
      : NONE),
    ...(resources.includes("*") && plain !== "*"
      ? [field.invalid(path, resources, "if '*' is present, must not specify other resources without subresources")]
      : NONE),
  ]
}

/** The defaults are in it already, so none of the members that have one is missing. */
export function validateMatchResources(match: MatchResources | undefined, path: FieldPath): Errors {
  if (match === undefined) return NONE
  const { matchPolicy = "", namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = match
  return [
    ...oneOf(matchPolicy, MATCH_POLICIES, path.child("matchPolicy")),
    ...validateLabelSelector(namespaceSelector, path.child("namespaceSelector")),
    ...validateLabelSelector(objectSelector, path.child("objectSelector")),
    ...resourceRules.flatMap((rule, index) => validateNamedRule(rule, path.child("resourceRules").index(index))),
    ...excludeResourceRules.flatMap((rule, index) =>
      validateNamedRule(rule, path.child("excludeResourceRules").index(index)),
    ),
  ]
}

function validateNamedRule(rule: NamedRuleWithOperations, path: FieldPath): Errors {
  const seen = new Set<string>()
  const names = (rule.resourceNames ?? []).flatMap((name, index) => {
    const at = path.child("resourceNames").index(index)
    const repeated = seen.has(name) ? [field.duplicate(at, name)] : NONE
    seen.add(name)
    return [...allOf(pathSegmentName(name), name, at), ...repeated]
  })
  return [...names, ...validateOperations(rule, path)]
}

/** Policies that change objects can only look at requests that leave one. */
export function validateMutable(match: MatchResources | undefined, path: FieldPath): Errors {
  const at = path.child("resourceRules").child("operations")
  return (match?.resourceRules ?? []).flatMap(({ operations = [] }) =>
    operations.flatMap((operation) => oneOf(operation, MUTATING_OPERATIONS, at)),
  )
}

/** Whether the expressions can be compiled is not checked: there is no CEL yet. */
export function validateMatchConditions(
  conditions: readonly MatchCondition[] = [],
  path: FieldPath,
  hasParams = false,
): Errors {
  const expressions = conditionExpressions(hasParams)
  const seen = new Set<string>()
  return [
    ...(conditions.length > CONDITIONS_MAX ? [field.tooMany(path, conditions.length, CONDITIONS_MAX)] : NONE),
    ...conditions.flatMap(({ name, expression }, index) => {
      const at = path.index(index).child("name")
      const repeated = name !== "" && seen.has(name) ? [field.duplicate(at, name)] : NONE
      seen.add(name)
      return [
        ...(expression.trim() === ""
          ? [field.required(path.index(index).child("expression"))]
          : expressions.check(expression.trim(), [boolType], path.index(index).child("expression"))),
        ...(name === "" ? [field.required(at)] : qualified(name, at)),
        ...repeated,
      ]
    }),
  ]
}
