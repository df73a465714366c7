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
  const { labels } = template.metadata
  const at = path.child("metadata").child("labels")
  return [
    ...(matched ? NONE : [field.invalid(at, labels, "`selector` does not match template `labels`")]),
    ...validatePodTemplate(template, path),
    ...validateRestart(template, kind, path.child("spec")),
  ]
}

/** Pods that are kept running restart their containers and never end by themselves. */
export function validateRestart({ spec }: PodTemplateSpec, kind: string, path: FieldPath): Errors {
  const why = `activeDeadlineSeconds in ${kind} is not Supported`
  return [
    ...oneOf(spec.restartPolicy, ["Always"], path.child("restartPolicy")),
    ...(spec.activeDeadlineSeconds === undefined ? NONE : [field.forbidden(path.child("activeDeadlineSeconds"), why)]),
  ]
}

interface ReplicaCounts {
  readonly replicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
}
const PARTS = new Set([
  "fullyLabeledReplicas",
  "currentReplicas",
  "updatedReplicas",
  "readyReplicas",
  "availableReplicas",
])

/** No count of some pods can exceed that of all. `ready`: how the message names the count of ready ones. */
export function validateReplicaCounts(status: ReplicaCounts, path: FieldPath, ready = "readyReplicas"): Errors {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status
  const counts = Object.entries(status).filter((entry): entry is [string, number] => typeof entry[1] === "number")
  const errors: FieldError[] = counts.flatMap(([name, value]) => notNegative(value, path.child(name)))
  for (const [name, value] of counts) {
    const isMore = PARTS.has(name) && value > replicas
    if (isMore) errors.push(field.invalid(path.child(name), value, "cannot be greater than status.replicas"))
  }
  if (availableReplicas > readyReplicas) {
    errors.push(field.invalid(path.child("availableReplicas"), availableReplicas, `cannot be greater than ${ready}`))
  }
  return errors
}
