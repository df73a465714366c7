import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { atMostAll, countOrPercent, numberOf } from "../../../core/v1/validation/counts.ts"
import { type Errors, NONE, notNegative } from "../../../core/v1/validation/rules.ts"
import { validateReplicaCounts, validateSelectorAndTemplate } from "../../../core/v1/validation/workload.ts"
import type { DeploymentSpec, DeploymentStatus, DeploymentStrategy, RollingUpdateDeployment } from "../deployment.ts"

const SPEC = FieldPath.root("spec")
const STATUS = FieldPath.root("status")

export function validateDeployment({ spec }: { readonly spec: DeploymentSpec }): Errors {
  const { progressDeadlineSeconds, minReadySeconds = 0 } = spec
  const deadline = SPEC.child("progressDeadlineSeconds")
  return [
    ...notNegative(spec.replicas, SPEC.child("replicas")),
    ...validateSelectorAndTemplate(spec, SPEC),
    ...validateStrategy(spec.strategy, SPEC.child("strategy")),
    ...notNegative(minReadySeconds, SPEC.child("minReadySeconds")),
    ...notNegative(spec.revisionHistoryLimit, SPEC.child("revisionHistoryLimit")),
    ...notNegative(progressDeadlineSeconds, deadline),
    ...(progressDeadlineSeconds <= minReadySeconds
      ? [field.invalid(deadline, progressDeadlineSeconds, "must be greater than minReadySeconds")]
      : NONE),
  ]
}

function validateStrategy(strategy: DeploymentStrategy, path: FieldPath): Errors {
  const { type, rollingUpdate } = strategy
  const at = path.child("rollingUpdate")
  if (type === "Recreate") {
    if (rollingUpdate === undefined) return NONE
    return [field.forbidden(at, "may not be specified when strategy `type` is 'Recreate'")]
  }
  if (type !== "RollingUpdate") return [field.notSupported(path, strategy, ["Recreate", "RollingUpdate"])]
  if (rollingUpdate === undefined) return [field.required(at, "this should be defaulted and never be nil")]
  return validateRolling(rollingUpdate, at)
}

function validateRolling({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment, path: FieldPath): FieldError[] {
  const at = path.child("maxUnavailable")
  const errors = [...countOrPercent(maxUnavailable, at), ...countOrPercent(maxSurge, path.child("maxSurge"))]
  if (numberOf(maxUnavailable) === 0 && numberOf(maxSurge) === 0) {
    errors.push(field.invalid(at, maxUnavailable, "may not be 0 when `maxSurge` is 0"))
  }
  return [...errors, ...atMostAll(maxUnavailable, at)]
}

export function validateDeploymentStatus(
  { status }: { readonly status: DeploymentStatus },
  old: { readonly status: DeploymentStatus },
): Errors {
  const { collisionCount = 0 } = status
  const decremented = collisionCount < (old.status.collisionCount ?? 0)
  return [
    ...validateReplicaCounts(status, STATUS),
    ...(decremented ? [field.invalid(STATUS.child("collisionCount"), collisionCount, "cannot be decremented")] : NONE),
  ]
}
