import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { validatePodTemplate } from "../../../core/v1/validation/pod.ts"
import { type Errors, NONE, notNegative, oneOf } from "../../../core/v1/validation/rules.ts"
import { domainPrefixedPath } from "../../../networking/v1/validation/ingress-class.ts"
import type { JobSpec } from "../job-spec.ts"
import { validateFailurePolicy, validateSuccessPolicy } from "./failure-policy.ts"

/** Keep the lists of indexes in the status short. */
const INDEXED_PARALLELISM_MAX = 100_000
const FAILED_INDEXES_MAX = 100_000
/** Above it, fewer pods may run and fail, because each gap in the list of indexes takes room. */
const COMPLETIONS_SOFT_MAX = 100_000
const PARALLELISM_MAX_ABOVE = 10_000
const FAILED_INDEXES_MAX_ABOVE = 10_000
const MANAGED_BY_BYTES_MAX = 63

/** A job's spec but for its selector, which templates of jobs do not have. */
export function validateJobParts(spec: JobSpec, path: FieldPath): Errors {
  return [
    ...validateCounts(spec, path),
    ...(spec.managedBy === undefined ? NONE : validateManager(spec.managedBy, path.child("managedBy"))),
    ...validateMode(spec, path),
    ...(spec.podFailurePolicy === undefined ? NONE : validateFailurePolicy(spec, path.child("podFailurePolicy"))),
    ...validateSuccess(spec, path.child("successPolicy")),
    ...validateReplacement(spec, path.child("podReplacementPolicy")),
    ...validatePodTemplate(spec.template, path.child("template")),
    ...validateRestartPolicy(spec, path.child("template").child("spec").child("restartPolicy")),
  ]
}

function validateCounts(spec: JobSpec, path: FieldPath): Errors {
  const perIndex = path.child("backoffLimitPerIndex")
  return [
    ...notNegative(spec.parallelism, path.child("parallelism")),
    ...notNegative(spec.completions, path.child("completions")),
    ...notNegative(spec.activeDeadlineSeconds, path.child("activeDeadlineSeconds")),
    ...notNegative(spec.backoffLimit, path.child("backoffLimit")),
    ...notNegative(spec.ttlSecondsAfterFinished, path.child("ttlSecondsAfterFinished")),
    ...notNegative(spec.backoffLimitPerIndex, perIndex),
    ...notNegative(spec.maxFailedIndexes, path.child("maxFailedIndexes")),
    ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [field.required(perIndex, "when maxFailedIndexes is specified")]
      : NONE),
  ]
}

function validateManager(name: string, path: FieldPath): Errors {
  const tooLong = byteLength(name) > MANAGED_BY_BYTES_MAX
  return [...domainPrefixedPath(name, path), ...(tooLong ? [field.tooLong(path, MANAGED_BY_BYTES_MAX)] : NONE)]
}

function validateMode(spec: JobSpec, path: FieldPath): Errors {
  const { completionMode = "NonIndexed", backoffLimitPerIndex, maxFailedIndexes } = spec
  switch (completionMode) {
    case "Indexed":
      return validateIndexed(spec, path)
    case "NonIndexed":
      return Object.entries({ backoffLimitPerIndex, maxFailedIndexes })
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => field.invalid(path.child(name), value, "requires indexed completion mode"))
    default:
      return oneOf(completionMode, ["NonIndexed", "Indexed"], path.child("completionMode"))
  }
}

function validateIndexed(spec: JobSpec, path: FieldPath): Errors {
  const { completions, parallelism = 0, maxFailedIndexes } = spec
  const errors: FieldError[] = []
  const parallel = (detail: string) => errors.push(field.invalid(path.child("parallelism"), parallelism, detail))
  const failed = (detail: string) =>
    errors.push(field.invalid(path.child("maxFailedIndexes"), maxFailedIndexes, detail))
  if (completions === undefined) {
    errors.push(field.required(path.child("completions"), "when completion mode is Indexed"))
  }
  if (parallelism > INDEXED_PARALLELISM_MAX) {
    parallel(`must be less than or equal to ${INDEXED_PARALLELISM_MAX} when completion mode is Indexed`)
  }
  const failedMax = maxFailedIndexes ?? 0
  if (completions !== undefined && failedMax > completions) failed("must be less than or equal to completions")
  if (failedMax > FAILED_INDEXES_MAX) failed(`must be less than or equal to ${FAILED_INDEXES_MAX}`)
  if ((completions ?? 0) <= COMPLETIONS_SOFT_MAX || spec.backoffLimitPerIndex === undefined) return errors
  const above = `when completions are above ${COMPLETIONS_SOFT_MAX} and used with backoff limit per index`
  if (maxFailedIndexes === undefined) {
    const why = `must be specified when completions is above ${COMPLETIONS_SOFT_MAX}`
    errors.push(field.required(path.child("maxFailedIndexes"), why))
  }
  if (parallelism > PARALLELISM_MAX_ABOVE) parallel(`must be less than or equal to ${PARALLELISM_MAX_ABOVE} ${above}`)
  if (failedMax > FAILED_INDEXES_MAX_ABOVE) failed(`must be less than or equal to ${FAILED_INDEXES_MAX_ABOVE} ${above}`)
  return errors
}

function validateSuccess(spec: JobSpec, path: FieldPath): Errors {
  if (spec.successPolicy === undefined) return NONE
  // Without completions, which indexed jobs must have, there is nothing to compare with.
  if (spec.completionMode === "Indexed")
    return spec.completions === undefined ? NONE : validateSuccessPolicy(spec, path)
  return [field.invalid(path, spec.successPolicy, "requires indexed completion mode")]
}

function validateReplacement({ podReplacementPolicy, podFailurePolicy }: JobSpec, path: FieldPath): Errors {
  if (podReplacementPolicy === undefined) return NONE
  const allowed = podFailurePolicy === undefined ? ["Failed", "TerminatingOrFailed"] : ["Failed"]
  return oneOf(podReplacementPolicy, allowed, path)
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: FieldPath): Errors {
  const { restartPolicy } = template.spec
  switch (restartPolicy) {
    case "Never":
      return NONE
    case "OnFailure":
      if (podFailurePolicy === undefined) return NONE
      return [field.invalid(path, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified')]
    case "Always":
      // What a template without a policy gets, so it is said which there are.
      return [field.required(path, 'valid values: "OnFailure", "Never"')]
    default:
      return [field.notSupported(path, restartPolicy, ["OnFailure", "Never"])]
  }
}
