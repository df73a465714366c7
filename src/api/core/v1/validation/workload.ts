import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import type { LabelSelector } from "../../../../machinery/meta/label-selector.ts"
import { compileLabelSelector } from "../../../../machinery/selectors/label-selector.ts"
import { SelectorError } from "../../../../machinery/selectors/requirement.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import type { PodTemplateSpec } from "../pod-template-spec.ts"
import { validatePodTemplate } from "./pod.ts"
import { type Errors, NONE, notNegative, oneOf } from "./rules.ts"

/** Rules that deployments, replica sets and replication controllers share. */

/**
 * A selector and the template whose pods it must select. An absent selector cannot be told from an empty one; people
 * leave it out far more often, so both are reported as Kubernetes reports the absent one.
 */
export function validateSelectorAndTemplate(
  { selector, template }: { readonly selector: LabelSelector; readonly template: PodTemplateSpec },
  path: FieldPath,
): Errors {
  const at = path.child("selector")
  const isEmpty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0
  const matched = isEmpty ? false : matches(selector, template)
  return [
    ...(isEmpty ? [field.required(at)] : validateLabelSelector(selector, at)),
    ...(matched === undefined
      ? [field.invalid(at, selector, "invalid label selector")]
      : validateTemplate(template, matched, "ReplicaSet", path.child("template"))),
  ]
}

/** Undefined when the selector cannot be read. */
function matches(selector: LabelSelector, { metadata }: PodTemplateSpec): boolean | undefined {
  try {
    return compileLabelSelector(selector).matches(metadata.labels)
  } catch (error) {
    if (error instanceof SelectorError) return undefined
    throw error
  }
}

/** The template of pods that are kept running. */
export function validateTemplate(
  template: PodTemplateSpec,
  matched: boolean,
  kind: "ReplicaSet" | "ReplicationController",
  path: FieldPath,
): Errors {
  const { metadata, spec } = template
  const labels = path.child("metadata").child("labels")
  return [
    ...(matched ? NONE : [field.invalid(labels, metadata.labels, "`selector` does not match template `labels`")]),
    ...validatePodTemplate(template, path),
    ...oneOf(spec.restartPolicy, ["Always"], path.child("spec").child("restartPolicy")),
    ...(spec.activeDeadlineSeconds === undefined
      ? NONE
      : [
          field.forbidden(
            path.child("spec").child("activeDeadlineSeconds"),
            `activeDeadlineSeconds in ${kind} is not Supported`,
          ),
        ]),
  ]
}

interface ReplicaCounts {
  readonly replicas?: number
  readonly fullyLabeledReplicas?: number
  readonly updatedReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
}

/** No count of some pods can exceed that of all. */
export function validateReplicaCounts(status: ReplicaCounts, path: FieldPath): Errors {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status
  const { fullyLabeledReplicas, updatedReplicas } = status
  const parts = Object.entries({ fullyLabeledReplicas, updatedReplicas, readyReplicas, availableReplicas })
  const errors: FieldError[] = Object.entries(status).flatMap(([name, value]) =>
    typeof value === "number" ? notNegative(value, path.child(name)) : NONE,
  )
  for (const [name, value = 0] of parts) {
    if (value > replicas) errors.push(field.invalid(path.child(name), value, "cannot be greater than status.replicas"))
  }
  if (availableReplicas > readyReplicas) {
    const at = path.child("availableReplicas")
    errors.push(field.invalid(at, availableReplicas, "cannot be greater than readyReplicas"))
  }
  return errors
}
