import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { compileLabelSelector } from "../../../../machinery/selectors/label-selector.ts"
import { SelectorError } from "../../../../machinery/selectors/requirement.ts"
import { validateLabelSelector, validateLabels } from "../../../../machinery/validation/labels.ts"
import { validateAnnotations } from "../../../../machinery/validation/object-meta.ts"
import type { PodTemplateSpec } from "../../../core/v1/pod-template-spec.ts"
import { validateClaimSpec } from "../../../core/v1/validation/claim-template.ts"
import { atMostAll, countOrPercent, numberOf } from "../../../core/v1/validation/counts.ts"
import { validatePodTemplate } from "../../../core/v1/validation/pod.ts"
import { type Errors, label, NONE, notNegative } from "../../../core/v1/validation/rules.ts"
import { validateReplicaCounts, validateRestart } from "../../../core/v1/validation/workload.ts"
import type {
  RollingUpdateStatefulSetStrategy,
  StatefulSetPersistentVolumeClaimRetentionPolicy,
  StatefulSetSpec,
  StatefulSetStatus,
} from "../stateful-set.ts"

const SPEC = FieldPath.root("spec")
const STATUS = FieldPath.root("status")

interface Checked {
  /** Names and claim templates cannot be changed, so an update is not refused because of them. */
  readonly fixedParts: boolean
  readonly template: boolean
}

export function validateNewStatefulSet({ spec }: { readonly spec: StatefulSetSpec }): Errors {
  return validateSpec(spec, { fixedParts: true, template: true })
}

export function validateStatefulSetUpdate(
  { spec }: { readonly spec: StatefulSetSpec },
  { spec: old }: { readonly spec: StatefulSetSpec },
): Errors {
  const wasValid = validateSpec(old, { fixedParts: false, template: true }).length === 0
  const { replicas, template, updateStrategy, minReadySeconds, ordinals, revisionHistoryLimit } = old
  const { persistentVolumeClaimRetentionPolicy } = old
  const changeable = { replicas, template, updateStrategy, minReadySeconds, ordinals, revisionHistoryLimit }
  const expected = { ...spec, ...changeable, persistentVolumeClaimRetentionPolicy }
  const why =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
  return [
    ...validateSpec(spec, { fixedParts: false, template: wasValid }),
    ...(deepEqual(expected, old) ? NONE : [field.forbidden(SPEC, why)]),
  ]
}

function validateSpec(spec: StatefulSetSpec, checked: Checked): Errors {
  const { ordinals, serviceName, template, volumeClaimTemplates = [] } = spec
  const at = SPEC.child("template")
  return [
    ...validateManagement(spec),
    ...validateStrategy(spec),
    ...validateRetention(spec.persistentVolumeClaimRetentionPolicy),
    ...(checked.fixedParts
      ? volumeClaimTemplates.flatMap((claim, index) =>
          validateClaimSpec(claim.spec, SPEC.child("volumeClaimTemplates").index(index).child("spec")),
        )
      : NONE),
    ...notNegative(spec.replicas, SPEC.child("replicas")),
    ...notNegative(spec.minReadySeconds, SPEC.child("minReadySeconds")),
    ...notNegative(ordinals?.start, SPEC.child("ordinals.start")),
    ...(checked.fixedParts && serviceName !== "" ? label(serviceName, SPEC.child("serviceName")) : NONE),
    ...validateSelector(spec, checked.template),
    ...validateRestart(template, "StatefulSet", at.child("spec")),
  ]
}

function validateManagement({ podManagementPolicy }: StatefulSetSpec): Errors {
  if (podManagementPolicy === "OrderedReady" || podManagementPolicy === "Parallel") return NONE
  const at = SPEC.child("podManagementPolicy")
  return [field.invalid(at, podManagementPolicy, "must be 'OrderedReady' or 'Parallel'")]
}

function validateStrategy({ updateStrategy }: StatefulSetSpec): Errors {
  const { type, rollingUpdate } = updateStrategy
  const at = SPEC.child("updateStrategy")
  const rolling = at.child("rollingUpdate")
  switch (type) {
    case "RollingUpdate":
      return rollingUpdate === undefined ? NONE : validateRolling(rollingUpdate, rolling)
    case "OnDelete":
      if (rollingUpdate === undefined) return NONE
      return [field.invalid(rolling, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")]
    default:
      return [field.invalid(at, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")]
  }
}

function validateRolling({ partition, maxUnavailable }: RollingUpdateStatefulSetStrategy, path: FieldPath): Errors {
  const errors = notNegative(partition, path.child("partition"))
  if (maxUnavailable === undefined) return errors
  const at = path.child("maxUnavailable")
  return [
    ...errors,
    ...countOrPercent(maxUnavailable, at),
    ...(numberOf(maxUnavailable) === 0 ? [field.invalid(at, maxUnavailable, "cannot be 0")] : NONE),
    ...atMostAll(maxUnavailable, at),
  ]
}

function validateRetention(policy: StatefulSetPersistentVolumeClaimRetentionPolicy | undefined): Errors {
  if (policy === undefined) return NONE
  const at = SPEC.child("persistentVolumeClaimRetentionPolicy")
  return (["whenDeleted", "whenScaled"] as const)
    .filter((when) => policy[when] !== "Retain" && policy[when] !== "Delete")
    .map((when) => field.notSupported(at.child(when), policy[when], ["Retain", "Delete"]))
}

/** The selector, and the template that it must select. */
function validateSelector(spec: StatefulSetSpec, withTemplate: boolean): Errors {
  const { selector } = spec
  const at = SPEC.child("selector")
  const errors: FieldError[] = []
  if (selector === undefined) errors.push(field.required(at))
  else {
    errors.push(...validateLabelSelector(selector, at))
    if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0) {
      errors.push(field.invalid(at, selector, "empty selector is invalid for statefulset"))
    }
  }
  const matched = matches(spec)
  if (matched === undefined) return [...errors, field.invalid(at, selector, "")]
  return [...errors, ...validateTemplate(asMade(spec), matched, withTemplate, SPEC.child("template"))]
}

/** Undefined when the selector cannot be read. */
function matches({ selector, template }: StatefulSetSpec): boolean | undefined {
  try {
    return compileLabelSelector(selector).matches(template.metadata.labels)
  } catch (error) {
    if (error instanceof SelectorError) return undefined
    throw error
  }
}

/** The template as pods will have it: the controller sets their names and adds the volumes of their claims. */
function asMade({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const { subdomain: _subdomain, hostname: _hostname, volumes = [], ...rest } = template.spec
  const claims = new Map(volumeClaimTemplates.map(({ metadata: { name = "" } }) => [name, name]))
  const added = [...claims.keys()].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }))
  const all = [...added, ...volumes.filter(({ name }) => !claims.has(name))]
  return { ...template, spec: { ...rest, ...(all.length > 0 && { volumes: all }) } }
}

function validateTemplate(template: PodTemplateSpec, matched: boolean, whole: boolean, path: FieldPath): Errors {
  const { labels, annotations } = template.metadata
  const at = path.child("metadata").child("labels")
  return [
    ...(matched ? NONE : [field.invalid(at, labels, "`selector` does not match template `labels`")]),
    ...(whole
      ? validatePodTemplate(template, path)
      : [
          ...validateLabels(labels, path.child("labels")),
          ...validateAnnotations(annotations, path.child("annotations")),
        ]),
  ]
}

export function validateStatefulSetStatus(
  { status }: { readonly status: StatefulSetStatus },
  old: { readonly status: StatefulSetStatus },
): Errors {
  const { collisionCount = 0 } = status
  const decremented = collisionCount < (old.status.collisionCount ?? 0)
  return [
    ...validateReplicaCounts(status, STATUS, "status.readyReplicas"),
    ...(decremented ? [field.invalid(STATUS.child("collisionCount"), collisionCount, "cannot be decremented")] : NONE),
  ]
}
