import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { compileLabelSelector } from "../../../../machinery/selectors/label-selector.ts"
import { SelectorError } from "../../../../machinery/selectors/requirement.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import { IMMUTABLE_MESSAGE } from "../../../../machinery/validation/validate-update.ts"
import { atMostAll, countOrPercent, numberOf } from "../../../core/v1/validation/counts.ts"
import { validatePodTemplate } from "../../../core/v1/validation/pod.ts"
import { type Errors, NONE, notNegative } from "../../../core/v1/validation/rules.ts"
import { validateRestart } from "../../../core/v1/validation/workload.ts"
import type { DaemonSetSpec, DaemonSetStatus, DaemonSetUpdateStrategy, RollingUpdateDaemonSet } from "../daemon-set.ts"

const SPEC = FieldPath.root("spec")
const STATUS = FieldPath.root("status")

export function validateDaemonSet({ spec }: { readonly spec: DaemonSetSpec }): Errors {
  const { selector, template } = spec
  const at = SPEC.child("template")
  const isEmpty =
    selector !== undefined &&
    Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0
  const { labels } = template.metadata
  return [
    ...validateLabelSelector(selector, SPEC.child("selector")),
    ...(matches(spec)
      ? NONE
      : [field.invalid(at.child("metadata").child("labels"), labels, "`selector` does not match template `labels`")]),
    ...(isEmpty ? [field.invalid(SPEC.child("selector"), selector, "empty selector is invalid for daemonset")] : NONE),
    ...validatePodTemplate(template, at),
    ...validateRestart(template, "DaemonSet", at.child("spec")),
    ...notNegative(spec.minReadySeconds, SPEC.child("minReadySeconds")),
    ...validateStrategy(spec.updateStrategy, SPEC.child("updateStrategy")),
    ...notNegative(spec.revisionHistoryLimit, SPEC.child("revisionHistoryLimit")),
  ]
}

/** A selector that cannot be read is reported as such, and not also as one that does not match. */
function matches({ selector, template }: DaemonSetSpec): boolean {
  try {
    return compileLabelSelector(selector).matches(template.metadata.labels)
  } catch (error) {
    if (error instanceof SelectorError) return true
    throw error
  }
}

function validateStrategy(strategy: DaemonSetUpdateStrategy, path: FieldPath): Errors {
  switch (strategy.type) {
    case "OnDelete":
      return NONE
    case "RollingUpdate":
      return validateRolling(strategy.rollingUpdate ?? {}, path.child("rollingUpdate"))
    default:
      return [field.notSupported(path, strategy, ["RollingUpdate", "OnDelete"])]
  }
}

function validateRolling({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet, path: FieldPath): Errors {
  const unavailable = path.child("maxUnavailable")
  const surge = path.child("maxSurge")
  const [hasUnavailable, hasSurge] = [numberOf(maxUnavailable) !== 0, numberOf(maxSurge) !== 0]
  return [
    ...countOrPercent(maxUnavailable, unavailable),
    ...countOrPercent(maxSurge, surge),
    ...atMostAll(maxUnavailable, unavailable),
    ...atMostAll(maxSurge, surge),
    ...(hasUnavailable && hasSurge
      ? [field.invalid(surge, maxSurge, "may not be set when maxUnavailable is non-zero")]
      : NONE),
    ...(hasUnavailable || hasSurge ? NONE : [field.required(unavailable, "cannot be 0 when maxSurge is 0")]),
  ]
}

export function validateDaemonSetUpdate(
  object: { readonly spec: DaemonSetSpec },
  old: { readonly spec: DaemonSetSpec },
): Errors {
  const { selector } = object.spec
  const same = deepEqual(selector, old.spec.selector)
  return [
    ...(same ? NONE : [field.invalid(SPEC.child("selector"), selector, IMMUTABLE_MESSAGE)]),
    ...validateDaemonSet(object),
  ]
}

export function validateDaemonSetStatus(
  { status }: { readonly status: DaemonSetStatus },
  old: { readonly status: DaemonSetStatus },
): Errors {
  const { collisionCount = 0 } = status
  const decremented = collisionCount < (old.status.collisionCount ?? 0)
  return [
    ...Object.entries(status).flatMap(([name, value]) =>
      typeof value === "number" ? notNegative(value, STATUS.child(name)) : NONE,
    ),
    ...(decremented ? [field.invalid(STATUS.child("collisionCount"), collisionCount, "cannot be decremented")] : NONE),
  ]
}
