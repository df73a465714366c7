import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { validateConditions } from "../../../../machinery/validation/conditions.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import { atMostAll, countOrPercent } from "../../../core/v1/validation/counts.ts"
import { type Errors, NONE, notNegative, oneOf } from "../../../core/v1/validation/rules.ts"
import type { PodDisruptionBudgetSpec, PodDisruptionBudgetStatus } from "../pod-disruption-budget.ts"

const SPEC = FieldPath.root("spec")
const STATUS = FieldPath.root("status")

export function validateBudget({ spec }: { readonly spec: PodDisruptionBudgetSpec }): Errors {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec
  const both = minAvailable !== undefined && maxUnavailable !== undefined
  return [
    ...(both ? [field.invalid(SPEC, spec, "minAvailable and maxUnavailable cannot be both set")] : NONE),
    ...validateCount(minAvailable, SPEC.child("minAvailable")),
    ...validateCount(maxUnavailable, SPEC.child("maxUnavailable")),
    ...validateLabelSelector(selector, SPEC.child("selector")),
    ...(policy === undefined
      ? NONE
      : oneOf(policy, ["AlwaysAllow", "IfHealthyBudget"], SPEC.child("unhealthyPodEvictionPolicy"))),
  ]
}

function validateCount(value: number | string | undefined, path: FieldPath): Errors {
  return value === undefined ? NONE : [...countOrPercent(value, path), ...atMostAll(value, path)]
}

export function validateBudgetStatus({ status }: { readonly status: PodDisruptionBudgetStatus }): Errors {
  const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods } = status
  return [
    ...validateConditions(status.conditions, STATUS.child("conditions")),
    ...Object.entries({ disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods }).flatMap(([name, value]) =>
      notNegative(value, STATUS.child(name)),
    ),
  ]
}
