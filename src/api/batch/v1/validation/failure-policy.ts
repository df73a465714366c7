import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { quote } from "../../../../machinery/field/quote.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { type Errors, NONE, notNegative, qualified } from "../../../core/v1/validation/rules.ts"
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from "../job-spec.ts"
import { countIndexes } from "./indexes.ts"

const RULES_MAX = 20
const PATTERNS_MAX = 20
const EXIT_CODES_MAX = 255
const INDEXES_BYTES_MAX = 64 * 1024
const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"]
const OPERATORS = ["In", "NotIn"]
const STATUSES = ["False", "True", "Unknown"]

export function validateFailurePolicy(spec: JobSpec, path: FieldPath): Errors {
  const { rules = [] } = spec.podFailurePolicy ?? {}
  const at = path.child("rules")
  return [
    ...(rules.length > RULES_MAX ? [field.tooMany(at, rules.length, RULES_MAX)] : NONE),
    ...rules.flatMap((rule, index) => validateRule(spec, rule, at.index(index))),
  ]
}

/** One of a few values, where leaving it out is answered with all of them. */
function choice(value: string, allowed: readonly string[], path: FieldPath): Errors {
  if (value === "") return [field.required(path, `valid values: [${allowed.map(quote).join(" ")}]`)]
  return allowed.includes(value) ? NONE : [field.notSupported(path, value, allowed)]
}

function validateRule(spec: JobSpec, rule: PodFailurePolicyRule, path: FieldPath): Errors {
  const { action, onExitCodes, onPodConditions = [] } = rule
  const at = path.child("action")
  const hasConditions = onPodConditions.length > 0
  const both = "specifying both OnExitCodes and OnPodConditions is not supported"
  const neither = "specifying one of OnExitCodes and OnPodConditions is required"
  return [
    ...choice(action, ACTIONS, at),
    ...(action === "FailIndex" && spec.backoffLimitPerIndex === undefined
      ? [field.invalid(at, action, "requires the backoffLimitPerIndex to be set")]
      : NONE),
    ...(onExitCodes === undefined ? NONE : validateExitCodes(spec, onExitCodes, path.child("onExitCodes"))),
    ...(hasConditions ? validatePatterns(onPodConditions, path.child("onPodConditions")) : NONE),
    ...(onExitCodes !== undefined && hasConditions ? [field.invalidUnshown(path, both)] : NONE),
    ...(onExitCodes === undefined && !hasConditions ? [field.invalidUnshown(path, neither)] : NONE),
  ]
}

function validatePatterns(patterns: readonly PodFailurePolicyOnPodConditionsPattern[], path: FieldPath): Errors {
  return [
    ...(patterns.length > PATTERNS_MAX ? [field.tooMany(path, patterns.length, PATTERNS_MAX)] : NONE),
    ...patterns.flatMap(({ type, status }, index) => [
      ...qualified(type, path.index(index).child("type")),
      ...choice(status, STATUSES, path.index(index).child("status")),
    ]),
  ]
}

function validateExitCodes(
  { template }: JobSpec,
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
  path: FieldPath,
): Errors {
  const { containers, initContainers = [] } = template.spec
  const known = [...containers, ...initContainers].some(({ name }) => name === containerName)
  const why = "must be one of the container or initContainer names in the pod template"
  return [
    ...choice(operator, OPERATORS, path.child("operator")),
    ...(containerName === undefined || known ? NONE : [field.invalid(path.child("containerName"), containerName, why)]),
    ...validateValues(values, operator, path.child("values")),
  ]
}

function validateValues(values: readonly number[], operator: string, path: FieldPath): Errors {
  const errors: FieldError[] = []
  if (values.length === 0) errors.push(field.invalid(path, values, "at least one value is required"))
  if (values.length > EXIT_CODES_MAX) errors.push(field.tooMany(path, values.length, EXIT_CODES_MAX))
  for (const [index, value] of values.entries()) {
    const at = path.index(index)
    if (operator === "In" && value === 0) errors.push(field.invalid(at, value, "must not be 0 for the In operator"))
    if (values.indexOf(value) < index) errors.push(field.duplicate(at, value))
  }
  const ordered = values.every((value, index) => (values[index - 1] ?? value) <= value)
  return ordered ? errors : [...errors, field.invalid(path, values, "must be ordered")]
}

export function validateSuccessPolicy(spec: JobSpec, path: FieldPath): Errors {
  const { rules = [] } = spec.successPolicy ?? {}
  const at = path.child("rules")
  const why = "at least one rules must be specified when the successPolicy is specified"
  return [
    ...(rules.length === 0 ? [field.required(at, why)] : NONE),
    ...(rules.length > RULES_MAX ? [field.tooMany(at, rules.length, RULES_MAX)] : NONE),
    ...rules.flatMap((rule, index) => validateSuccessRule(rule, spec.completions ?? 0, at.index(index))),
  ]
}

function validateSuccessRule(rule: SuccessPolicyRule, completions: number, path: FieldPath): Errors {
  const { succeededIndexes, succeededCount } = rule
  const errors: FieldError[] = []
  if (succeededCount === undefined && succeededIndexes === undefined) {
    errors.push(field.required(path, "at least one of succeededCount or succeededIndexes must be specified"))
  }
  let total = 0
  if (succeededIndexes !== undefined) {
    const at = path.child("succeededIndexes")
    if (byteLength(succeededIndexes) > INDEXES_BYTES_MAX) errors.push(field.tooLong(at, INDEXES_BYTES_MAX))
    const counted = countIndexes(succeededIndexes, completions)
    if ("value" in counted) total = counted.value
    else errors.push(field.invalid(at, succeededIndexes, `error parsing succeededIndexes: ${counted.problem}`))
  }
  if (succeededCount === undefined) return errors
  const at = path.child("succeededCount")
  const atMost = (max: number, what: string) =>
    field.invalid(at, succeededCount, `must be less than or equal to ${max} (the number of ${what})`)
  return [
    ...errors,
    ...notNegative(succeededCount, at),
    ...(succeededCount > completions ? [atMost(completions, "specified completions")] : NONE),
    ...(succeededIndexes !== undefined && succeededCount > total
      ? [atMost(total, "indexes in the specified succeededIndexes field")]
      : NONE),
  ]
}
