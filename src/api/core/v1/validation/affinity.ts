import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import type { LabelSelector } from "../../../../machinery/meta/label-selector.ts"
import { labelValue } from "../../../../machinery/names/labels.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm, TopologySpreadConstraint } from "../affinity.ts"
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from "../node-selector.ts"
import { allOf, type Errors, label, NONE, nonEmpty, oneOf, positive, qualified, subdomain } from "./rules.ts"

export function validateAffinity(affinity: Affinity | undefined, path: FieldPath): Errors {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity ?? {}
  return [
    ...(nodeAffinity === undefined ? NONE : validateNodeAffinity(nodeAffinity, path.child("nodeAffinity"))),
    ...(podAffinity === undefined ? NONE : validatePodAffinity(podAffinity, path.child("podAffinity"))),
    ...(podAntiAffinity === undefined ? NONE : validatePodAffinity(podAntiAffinity, path.child("podAntiAffinity"))),
  ]
}

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"

function weight(value: number, path: FieldPath): Errors {
  return value >= 1 && value <= 100 ? NONE : [field.invalid(path.child("weight"), value, "must be in the range 1-100")]
}

function validateNodeAffinity(affinity: NodeAffinity, path: FieldPath): Errors {
  const required = affinity[REQUIRED]
  return [
    ...(required === undefined ? NONE : validateNodeSelector(required, path.child(REQUIRED))),
    ...(affinity[PREFERRED] ?? []).flatMap((term, index) => {
      const at = path.child(PREFERRED).index(index)
      // Values are not checked here: what was accepted once must stay so.
      return [...weight(term.weight, at), ...validateTerm(term.preference, false, at.child("preference"))]
    }),
  ]
}

export function validateNodeSelector({ nodeSelectorTerms }: NodeSelector, path: FieldPath): Errors {
  const at = path.child("nodeSelectorTerms")
  return [
    ...nonEmpty(nodeSelectorTerms, at, "must have at least one node selector term"),
    ...nodeSelectorTerms.flatMap((term, index) => validateTerm(term, true, at.index(index))),
  ]
}

function validateTerm(term: NodeSelectorTerm, checkValues: boolean, path: FieldPath): Errors {
  return [
    ...(term.matchExpressions ?? []).flatMap((requirement, index) =>
      validateExpression(requirement, checkValues, path.child("matchExpressions").index(index)),
    ),
    ...(term.matchFields ?? []).flatMap((requirement, index) =>
      validateField(requirement, path.child("matchFields").index(index)),
    ),
  ]
}

function validateExpression(requirement: NodeSelectorRequirement, checkValues: boolean, path: FieldPath): Errors {
  const { key, values = [] } = requirement
  return [
    ...validateOperator(requirement, path),
    ...qualified(key, path.child("key")),
    ...(checkValues
      ? values.flatMap((value, index) => allOf(labelValue(value), value, path.child("values").index(index)))
      : NONE),
  ]
}

function validateOperator({ operator, values = [] }: NodeSelectorRequirement, path: FieldPath): Errors {
  const at = path.child("values")
  switch (operator) {
    case "In":
    case "NotIn":
      return nonEmpty(values, at, "must be specified when `operator` is 'In' or 'NotIn'")
    case "Exists":
    case "DoesNotExist":
      if (values.length === 0) return NONE
      return [field.forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    case "Gt":
    case "Lt":
      if (values.length === 1) return NONE
      return [field.required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
    default:
      return [field.invalid(path.child("operator"), operator, "not a valid selector operator")]
  }
}

function validateField({ key, operator, values = [] }: NodeSelectorRequirement, path: FieldPath): Errors {
  const at = path.child("values")
  const errors: FieldError[] = []
  if (operator !== "In" && operator !== "NotIn") {
    errors.push(field.invalid(path.child("operator"), operator, "not a valid selector operator"))
  } else if (values.length !== 1) {
    const why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    errors.push(field.required(at, why))
  }
  if (key !== "metadata.name") {
    return [...errors, field.invalid(path.child("key"), key, "not a valid field selector key")]
  }
  return [...errors, ...values.flatMap((value, index) => subdomain(value, at.index(index)))]
}

function validatePodAffinity(affinity: PodAffinity, path: FieldPath): Errors {
  return [
    ...(affinity[REQUIRED] ?? []).flatMap((term, index) => validatePodTerm(term, path.child(REQUIRED).index(index))),
    ...(affinity[PREFERRED] ?? []).flatMap((term, index) => {
      const at = path.child(PREFERRED).index(index)
      return [...weight(term.weight, at), ...validatePodTerm(term.podAffinityTerm, at.child("podAffinityTerm"))]
    }),
  ]
}

function validatePodTerm(term: PodAffinityTerm, path: FieldPath): Errors {
  const { topologyKey } = term
  return [
    ...validateLabelSelector(term.labelSelector, path.child("labelSelector")),
    ...validateLabelSelector(term.namespaceSelector, path.child("namespaceSelector")),
    ...(term.namespaces ?? []).flatMap((name) => label(name, path.child("namespace"))),
    ...validateLabelKeys(term, path),
    ...nonEmpty(topologyKey, path.child("topologyKey"), "can not be empty"),
    ...qualified(topologyKey, path.child("topologyKey")),
  ]
}

interface LabelKeys {
  readonly matchLabelKeys?: readonly string[]
  readonly mismatchLabelKeys?: readonly string[]
  readonly labelSelector?: LabelSelector
}

function validateLabelKeys(
  { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: LabelKeys,
  path: FieldPath,
): Errors {
  const keys = (names: readonly string[], at: FieldPath): Errors => {
    if (names.length === 0) return NONE
    if (labelSelector === undefined) {
      return [field.forbidden(at, "must not be specified when labelSelector is not set")]
    }
    return names.flatMap((name, index) => qualified(name, at.index(index)))
  }
  const errors = [
    ...keys(matchLabelKeys, path.child("matchLabelKeys")),
    ...keys(mismatchLabelKeys, path.child("mismatchLabelKeys")),
  ]
  // The server adds an expression for each key, so only a second requirement for it is a mistake.
  const selected = new Set(Object.keys(labelSelector?.matchLabels ?? {}))
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.indexOf(key)
    if (index >= 0 && selected.has(key)) {
      errors.push(field.invalid(path.index(index), key, "exists in both matchLabelKeys and labelSelector"))
    }
    selected.add(key)
  }
  for (const [index, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue
    const at = path.child("matchLabelKeys").index(index)
    errors.push(field.invalid(at, key, "exists in both matchLabelKeys and mismatchLabelKeys"))
  }
  return errors
}

const ACTIONS = ["DoNotSchedule", "ScheduleAnyway"]
const POLICIES = ["Honor", "Ignore"]

export function validateSpread(constraints: readonly TopologySpreadConstraint[], path: FieldPath): Errors {
  return constraints.flatMap((constraint, index) => {
    const at = path.index(index)
    const { topologyKey, whenUnsatisfiable, nodeAffinityPolicy, nodeTaintsPolicy } = constraint
    const repeated = constraints
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)
    return [
      ...positive(constraint.maxSkew, at.child("maxSkew")),
      ...nonEmpty(topologyKey, at.child("topologyKey"), "can not be empty"),
      ...oneOf(whenUnsatisfiable, ACTIONS, at.child("whenUnsatisfiable")),
      ...(repeated
        ? [field.duplicate(at.child("{topologyKey, whenUnsatisfiable}"), `{${topologyKey}, ${whenUnsatisfiable}}`)]
        : NONE),
      ...validateMinDomains(constraint, at.child("minDomains")),
      ...(nodeAffinityPolicy === undefined
        ? NONE
        : oneOf(nodeAffinityPolicy, POLICIES, at.child("nodeAffinityPolicy"))),
      ...(nodeTaintsPolicy === undefined ? NONE : oneOf(nodeTaintsPolicy, POLICIES, at.child("nodeTaintsPolicy"))),
      ...validateLabelKeys(constraint, at),
      ...validateLabelSelector(constraint.labelSelector, at.child("labelSelector")),
    ]
  })
}

function validateMinDomains({ minDomains, whenUnsatisfiable }: TopologySpreadConstraint, path: FieldPath): Errors {
  if (minDomains === undefined) return NONE
  const why = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`
  return [
    ...positive(minDomains, path),
    ...(whenUnsatisfiable === "DoNotSchedule" ? NONE : [field.invalid(path, minDomains, why)]),
  ]
}
