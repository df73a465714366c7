import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { pathSegmentName } from "../../../../machinery/names/identifiers.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import { allOf, type Errors, NONE, nonEmpty, oneOf, subdomain } from "../../../core/v1/validation/rules.ts"
import type { AggregationRule, PolicyRule, RoleRef, Subject } from "../types.ts"

const RBAC_GROUP = "rbac.authorization.k8s.io"
const RULES = FieldPath.root("rules")
const ROLE_REF = FieldPath.root("roleRef")

export function validateRules(rules: readonly PolicyRule[], isNamespaced: boolean): Errors {
  return rules.flatMap((rule, index) => validateRule(rule, isNamespaced, RULES.index(index)))
}

function validateRule(rule: PolicyRule, isNamespaced: boolean, path: FieldPath): readonly FieldError[] {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  const errors = [...nonEmpty(rule.verbs, path.child("verbs"), "verbs must contain at least one value")]
  if (nonResourceURLs.length > 0) {
    const at = path.child("nonResourceURLs")
    if (isNamespaced) {
      errors.push(field.invalid(at, nonResourceURLs, "namespaced rules cannot apply to non-resource URLs"))
    }
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      const why = "rules cannot apply to both regular resources and non-resource URLs"
      errors.push(field.invalid(at, nonResourceURLs, why))
    }
    return errors
  }
  return [
    ...errors,
    ...nonEmpty(apiGroups, path.child("apiGroups"), "resource rules must supply at least one api group"),
    ...nonEmpty(resources, path.child("resources"), "resource rules must supply at least one resource"),
  ]
}

export function validateAggregation(rule: AggregationRule | undefined): Errors {
  if (rule === undefined) return NONE
  const at = FieldPath.root("aggregationRule", "clusterRoleSelectors")
  const selectors = rule.clusterRoleSelectors ?? []
  return [
    ...nonEmpty(selectors, at, "at least one clusterRoleSelector required if aggregationRule is non-nil"),
    ...selectors.flatMap((selector, index) => validateLabelSelector(selector, at.index(index))),
  ]
}

interface Binding {
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[]
}

export function validateBinding({ roleRef, subjects = [] }: Binding, isNamespaced: boolean): Errors {
  const { apiGroup, kind, name } = roleRef
  const at = ROLE_REF.child("name")
  return [
    ...oneOf(apiGroup, [RBAC_GROUP], ROLE_REF.child("apiGroup")),
    ...oneOf(kind, isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"], ROLE_REF.child("kind")),
    ...(name === "" ? [field.required(at)] : allOf(pathSegmentName(name), name, at)),
    ...subjects.flatMap((subject, index) =>
      validateSubject(subject, isNamespaced, FieldPath.root("subjects").index(index)),
    ),
  ]
}

function validateSubject(
  { kind, name, apiGroup = "", namespace = "" }: Subject,
  isNamespaced: boolean,
  path: FieldPath,
): Errors {
  const missing = nonEmpty(name, path.child("name"))
  const group = path.child("apiGroup")
  switch (kind) {
    case "ServiceAccount":
      return [
        ...missing,
        ...(name === "" ? NONE : subdomain(name, path.child("name"))),
        ...oneOf(apiGroup, [""], group),
        ...(isNamespaced ? NONE : nonEmpty(namespace, path.child("namespace"))),
      ]
    case "User":
    case "Group":
      return [...missing, ...oneOf(apiGroup, [RBAC_GROUP], group)]
    default:
      return [...missing, field.notSupported(path.child("kind"), kind, ["ServiceAccount", "User", "Group"])]
  }
}

export function validateBindingUpdate({ roleRef }: Binding, old: Binding): Errors {
  return deepEqual(roleRef, old.roleRef) ? NONE : [field.invalid(ROLE_REF, roleRef, "cannot change roleRef")]
}
