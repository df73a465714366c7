import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { dns1123Label } from "../../../../machinery/names/dns.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { compileLabelSelector } from "../../../../machinery/selectors/label-selector.ts"
import { SelectorError } from "../../../../machinery/selectors/requirement.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import { IMMUTABLE_MESSAGE } from "../../../../machinery/validation/validate-update.ts"
import { type Errors, NONE } from "../../../core/v1/validation/rules.ts"
import { JOB_NAME_LABEL, JOB_UID_LABEL, LEGACY_JOB_NAME_LABEL, LEGACY_JOB_UID_LABEL } from "../job-labels.ts"
import type { JobSpec } from "../job-spec.ts"
import type { JobObject } from "./job-object.ts"
import { validateJobParts } from "./job-spec.ts"
import { validateTemplateChange } from "./job-template-change.ts"

const SPEC = FieldPath.root("spec")
const METADATA = FieldPath.root("metadata")

export function validateNewJob(job: JobObject): Errors {
  return validateJob(job, true)
}

export function validateJobUpdate(job: JobObject, old: JobObject): Errors {
  const { spec } = job
  const { spec: before } = old
  const oldLabels = before.template.metadata.labels ?? {}
  const fixed = (names: readonly (keyof JobSpec)[]): Errors =>
    names
      .filter((name) => !deepEqual(spec[name], before[name]))
      .map((name) => field.invalid(SPEC.child(name), spec[name], IMMUTABLE_MESSAGE))
  return [
    ...validateJob(job, oldLabels[JOB_NAME_LABEL] !== undefined && oldLabels[JOB_UID_LABEL] !== undefined),
    ...validateCompletions(spec, before),
    ...fixed(["selector"]),
    ...validateTemplateChange(spec, old),
    ...fixed(["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"]),
  ]
}

/** Without prefixed labels: jobs from before Kubernetes knew them. */
function validateJob({ metadata, spec }: JobObject, prefixedLabels: boolean): Errors {
  return [
    ...validateGeneratedSelector(metadata, spec, prefixedLabels),
    ...validateJobParts(spec, SPEC),
    ...validateSelector(spec),
    ...validateHostName(metadata, spec),
  ]
}

function validateSelector({ selector, template }: JobSpec): Errors {
  const at = SPEC.child("selector")
  const { labels } = template.metadata
  const found = SPEC.child("template").child("metadata").child("labels")
  return [
    ...(selector === undefined ? [field.required(at)] : validateLabelSelector(selector, at)),
    ...(matches(selector, labels)
      ? NONE
      : [field.invalid(found, labels, "`selector` does not match template `labels`")]),
  ]
}

/** A selector that cannot be read is reported as such. */
function matches(selector: JobSpec["selector"], labels: Readonly<Record<string, string>> | undefined): boolean {
  try {
    return compileLabelSelector(selector).matches(labels)
  } catch (error) {
    if (error instanceof SelectorError) return true
    throw error
  }
}

/** The labels that make the pods of a job its own are there, and as they were generated. */
function validateGeneratedSelector(metadata: ObjectMeta, spec: JobSpec, prefixedLabels: boolean): Errors {
  const { selector, manualSelector, template } = spec
  if (manualSelector || selector === undefined) return NONE
  const { name = "", uid = "" } = metadata
  const expected = Object.entries({
    [LEGACY_JOB_UID_LABEL]: uid,
    [LEGACY_JOB_NAME_LABEL]: name,
    ...(prefixedLabels && { [JOB_UID_LABEL]: uid, [JOB_NAME_LABEL]: name }),
  })
  const labels = template.metadata.labels ?? {}
  const at = SPEC.child("template").child("metadata").child("labels")
  return [
    ...(uid === "" ? [field.required(METADATA.child("uid"))] : NONE),
    ...expected.flatMap(([key, value]) => {
      if (labels[key] === undefined) return [field.required(at.key(key), `must be '${value}'`)]
      return labels[key] === value ? NONE : [field.invalid(at.key(key), labels, `must be '${value}'`)]
    }),
    ...(matches(selector, Object.fromEntries(expected))
      ? NONE
      : [field.invalid(SPEC.child("selector"), selector, "`selector` not auto-generated")]),
  ]
}

/** The pods of an indexed job have host names that end with their index. */
function validateHostName({ name = "" }: ObjectMeta, { completionMode, completions = 0 }: JobSpec): Errors {
  if (completionMode !== "Indexed" || completions <= 0) return NONE
  const longest = `${name}-${completions - 1}`
  if (dns1123Label(longest).length === 0) return NONE
  const why = `will not able to create pod with invalid DNS label: ${longest}`
  return [field.invalid(METADATA.child("name"), name, why)]
}

/** Indexed jobs can be resized, all others do what they were made for. */
function validateCompletions(spec: JobSpec, old: JobSpec): Errors {
  const { completions, completionMode, parallelism } = spec
  if (completions === old.completions) return NONE
  const at = SPEC.child("completions")
  if (completionMode !== "Indexed") return [field.invalid(at, completions, IMMUTABLE_MESSAGE)]
  if (completions === undefined || completions === parallelism) return NONE
  return [field.invalid(at, completions, "can only be modified in tandem with spec.parallelism")]
}
