import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { compareQuantities, parseQuantity, ZERO } from "../../../../machinery/quantity/quantity.ts"
import { type Errors, NONE, notNegative, oneOf, positive } from "../../../core/v1/validation/rules.ts"
import type { HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus } from "../horizontal-pod-autoscaler.ts"
import type { HPAScalingPolicy, HPAScalingRules } from "../scaling-behavior.ts"
import { validateMetrics } from "./metrics.ts"
import { type Groups, validateReference, versionProblem } from "./reference.ts"

const SPEC = FieldPath.root("spec")
const STATUS = FieldPath.root("status")
const PERIOD_SECONDS_MAX = 1800
const WINDOW_SECONDS_MAX = 3600

interface Scaled {
  readonly spec: HorizontalPodAutoscalerSpec
}

export function validateNewAutoscaler({ spec }: Scaled): Errors {
  const min = SPEC.child("minReplicas")
  return [
    ...(spec.minReplicas < 1 ? [field.invalid(min, spec.minReplicas, "must be greater than or equal to 1")] : NONE),
    ...validateSpec(spec, { target: targetGroups(spec), object: "any" }),
  ]
}

export function validateAutoscalerUpdate({ spec }: Scaled, { spec: old }: Scaled): Errors {
  const [now, before] = [spec.scaleTargetRef, old.scaleTargetRef]
  const sameTarget = now.apiVersion === before.apiVersion && now.kind === before.kind
  const hadWrongObject = (old.metrics ?? []).some(
    ({ type, object }) => type === "Object" && object && versionProblem(object.describedObject, "any") !== undefined,
  )
  const lowest = old.minReplicas === 0 ? 0 : 1
  const min = SPEC.child("minReplicas")
  return [
    ...(spec.minReplicas < lowest
      ? [field.invalid(min, spec.minReplicas, `must be greater than or equal to ${lowest}`)]
      : NONE),
    ...validateSpec(spec, {
      // What has been wrong since before there was a rule stays.
      target: sameTarget ? "unchecked" : targetGroups(spec),
      object: hadWrongObject ? "unchecked" : "any",
    }),
  ]
}

function targetGroups({ scaleTargetRef }: HorizontalPodAutoscalerSpec): Groups {
  return scaleTargetRef.kind === "ReplicationController" ? "any" : "named"
}

function validateSpec(
  spec: HorizontalPodAutoscalerSpec,
  groups: { readonly target: Groups; readonly object: Groups },
): Errors {
  const { maxReplicas, minReplicas, behavior } = spec
  const max = SPEC.child("maxReplicas")
  const at = SPEC.child("behavior")
  return [
    ...(maxReplicas === 0 ? [field.required(max, "must be set and greater than 0")] : NONE),
    ...(maxReplicas < 0 ? [field.invalid(max, maxReplicas, "must be greater than or equal to 1")] : NONE),
    ...(maxReplicas < minReplicas
      ? [field.invalid(max, maxReplicas, "must be greater than or equal to `minReplicas`")]
      : NONE),
    ...validateReference(spec.scaleTargetRef, groups.target, SPEC.child("scaleTargetRef")),
    ...validateMetrics(spec.metrics ?? [], minReplicas, groups.object, SPEC.child("metrics")),
    ...(behavior?.scaleUp === undefined ? NONE : validateRules(behavior.scaleUp, at.child("scaleUp"))),
    ...(behavior?.scaleDown === undefined ? NONE : validateRules(behavior.scaleDown, at.child("scaleDown"))),
  ]
}

function validateRules(rules: HPAScalingRules, path: FieldPath): Errors {
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules
  const at = path.child("stabilizationWindowSeconds")
  const errors: FieldError[] = []
  if (window < 0) errors.push(field.invalid(at, window, "must be greater than or equal to zero"))
  if (window > WINDOW_SECONDS_MAX) {
    errors.push(field.invalid(at, window, `must be less than or equal to ${WINDOW_SECONDS_MAX}`))
  }
  if (selectPolicy !== undefined) {
    errors.push(...oneOf(selectPolicy, ["Disabled", "Max", "Min"], path.child("selectPolicy")))
  }
  const list = path.child("policies")
  if (policies.length === 0) errors.push(field.required(list, "must specify at least one Policy"))
  errors.push(...policies.flatMap((policy, index) => validatePolicy(policy, list.index(index))))
  if (tolerance !== undefined && compareQuantities(parseQuantity(tolerance), ZERO) < 0) {
    errors.push(field.invalid(path.child("tolerance"), tolerance, "must be greater than or equal to 0"))
  }
  return errors
}

function validatePolicy({ type, value, periodSeconds }: HPAScalingPolicy, path: FieldPath): Errors {
  const period = path.child("periodSeconds")
  return [
    ...oneOf(type, ["Percent", "Pods"], path.child("type")),
    ...positive(value, path.child("value")),
    ...positive(periodSeconds, period),
    ...(periodSeconds > PERIOD_SECONDS_MAX
      ? [field.invalid(period, periodSeconds, `must be less than or equal to ${PERIOD_SECONDS_MAX}`)]
      : NONE),
  ]
}

export function validateAutoscalerStatus({ status }: { readonly status: HorizontalPodAutoscalerStatus }): Errors {
  return [
    ...notNegative(status.currentReplicas, STATUS.child("currentReplicas")),
    ...notNegative(status.desiredReplicas, STATUS.child("desiredReplicas")),
  ]
}
