import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { timeToMs } from "../../../../machinery/time/timestamp.ts"
import { type Errors, NONE, notNegative } from "../../../core/v1/validation/rules.ts"
import type { JobStatus, UncountedTerminatedPods } from "../job-status.ts"
import { countIndexes, overlap } from "./indexes.ts"
import { isTrue, type JobObject } from "./job-object.ts"

/**
 * A status may come from any controller (`managedBy`), and clients rely on how jobs end. What an update did not touch is
 * not held against it: it may have become wrong by a change of the spec.
 */

const STATUS = FieldPath.root("status")
const CONDITIONS = STATUS.child("conditions")

export function validateJobStatus(job: JobObject, old: JobObject): Errors {
  const { status } = job
  return [
    ...validateCounts(status),
    ...validateUncounted(status.uncountedTerminatedPods),
    ...validateEnd(job, old),
    ...validateIndexes(job, old),
    ...validateSuccessCriteria(job),
    ...validateProgress(job, old),
  ]
}

function validateCounts({ active, succeeded, failed, ready, terminating }: JobStatus): Errors {
  return Object.entries({ active, succeeded, failed, ready, terminating }).flatMap(([name, value]) =>
    notNegative(value, STATUS.child(name)),
  )
}

function validateUncounted({ succeeded = [], failed = [] }: UncountedTerminatedPods = {}): Errors {
  const at = STATUS.child("uncountedTerminatedPods")
  const seen = new Set<string>()
  return Object.entries({ succeeded, failed }).flatMap(([name, uids]) =>
    uids.flatMap((uid, index) => {
      const path = at.child(name).index(index)
      if (uid === "") return [field.invalid(path, uid, "must not be empty")]
      if (seen.has(uid)) return [field.duplicate(path, uid)]
      seen.add(uid)
      return NONE
    }),
  )
}

/** Which members of the status an update changed, and which conditions it switched. */
class Changes {
  readonly #now: JobStatus
  readonly #before: JobStatus

  constructor({ status: now }: JobObject, { status: before }: JobObject) {
    this.#now = now
    this.#before = before
  }

  some(...members: readonly (keyof JobStatus)[]): boolean {
    return members.some((member) => !deepEqual(this.#now[member], this.#before[member]))
  }

  switched(...conditions: readonly string[]): boolean {
    return conditions.some((type) => isTrue(this.#now, type) !== isTrue(this.#before, type))
  }

  get finished(): boolean {
    return isFinished(this.#now) !== isFinished(this.#before)
  }
}

function isFinished(status: JobStatus): boolean {
  return isTrue(status, "Complete") || isTrue(status, "Failed")
}

/** Conditions that end a job, and the times that go with them. */
function validateEnd(job: JobObject, old: JobObject): Errors {
  const { status, spec } = job
  const { completionTime, startTime } = status
  const changes = new Changes(job, old)
  const [complete, failed] = [isTrue(status, "Complete"), isTrue(status, "Failed")]
  const errors: FieldError[] = []
  const conditions = (applies: boolean, detail: string) => {
    if (applies) errors.push(field.invalidUnshown(CONDITIONS, detail))
  }
  const at = STATUS.child("completionTime")
  conditions(
    changes.switched("Complete", "Failed") && complete && failed,
    "cannot set Complete=True and Failed=true conditions",
  )
  conditions(
    changes.switched("Complete", "FailureTarget") && complete && isTrue(status, "FailureTarget"),
    "cannot set Complete=True and FailureTarget=true conditions",
  )
  if (changes.switched("Complete") || changes.some("completionTime")) {
    const why = "cannot set completionTime when there is no Complete=True condition"
    if (completionTime !== undefined && !complete) errors.push(field.invalid(at, completionTime, why))
    if (completionTime === undefined && complete) {
      errors.push(field.required(at, "completionTime is required for Complete jobs"))
    }
  }
  if (changes.some("startTime", "completionTime") && startTime !== undefined && completionTime !== undefined) {
    const isEarly = timeToMs(completionTime) < timeToMs(startTime)
    if (isEarly) errors.push(field.invalid(at, completionTime, "must be equal to or after `startTime`"))
  }
  conditions(
    (changes.switched("Failed") || changes.some("failedIndexes")) && failed && !isTrue(status, "FailureTarget"),
    "cannot set Failed=True condition without the FailureTarget=true condition",
  )
  conditions(
    changes.switched("Complete", "SuccessCriteriaMet") && complete && !isTrue(status, "SuccessCriteriaMet"),
    "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
  )
  return isFinished(status) ? [...errors, ...validateFinished(status, spec, changes)] : errors
}

/** A job that has ended has nothing left that runs or waits to be counted. */
function validateFinished(status: JobStatus, spec: JobObject["spec"], changes: Changes): Errors {
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = status
  const neverStarts = spec.suspend === true && spec.completions === 0
  const waiting = (uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length
  const changed = (member: keyof JobStatus) => changes.finished || changes.some(member)
  const invalid = (member: keyof JobStatus, detail: string) =>
    field.invalid(STATUS.child(member), status[member], detail)
  return [
    ...(changed("active") && active > 0 ? [invalid("active", "active>0 is invalid for finished job")] : NONE),
    ...(changed("startTime") && !neverStarts && startTime === undefined
      ? [field.required(STATUS.child("startTime"), "startTime is required for finished job")]
      : NONE),
    ...(changed("uncountedTerminatedPods") && waiting > 0
      ? [invalid("uncountedTerminatedPods", "must be empty for finished job")]
      : NONE),
  ]
}

function validateIndexes(job: JobObject, old: JobObject): Errors {
  const { status, spec } = job
  const { completedIndexes = "", failedIndexes, terminating = 0, ready = 0, active = 0 } = status
  const { completions, backoffLimitPerIndex } = spec
  const changes = new Changes(job, old)
  const [completedChanged, failedChanged] = [changes.some("completedIndexes"), changes.some("failedIndexes")]
  const errors: FieldError[] = []
  const invalid = (member: keyof JobStatus, detail: string) => {
    errors.push(field.invalid(STATUS.child(member), status[member], detail))
  }
  const format = (member: "completedIndexes" | "failedIndexes", text: string) => {
    const counted = countIndexes(text, completions ?? 0)
    if ("problem" in counted) invalid(member, `error parsing ${member}: ${counted.problem}`)
  }
  if (completedChanged && completions !== undefined) format("completedIndexes", completedIndexes)
  if (failedChanged && completions !== undefined && backoffLimitPerIndex !== undefined && failedIndexes !== undefined) {
    format("failedIndexes", failedIndexes)
  }
  if (completedChanged && completedIndexes !== "" && spec.completionMode !== "Indexed") {
    invalid("completedIndexes", "cannot set non-empty completedIndexes when non-indexed completion mode")
  }
  if (failedChanged && failedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    invalid("failedIndexes", "cannot set non-null failedIndexes when backoffLimitPerIndex is null")
  }
  if ((completedChanged || failedChanged) && completions !== undefined && failedIndexes !== undefined) {
    const index = overlap(completedIndexes, failedIndexes, completions)
    if (index !== undefined) invalid("failedIndexes", `failedIndexes and completedIndexes overlap at index: ${index}`)
  }
  if ((changes.finished || changes.some("terminating")) && terminating > 0 && isFinished(status)) {
    invalid("terminating", "terminating>0 is invalid for finished job")
  }
  if (changes.some("ready", "active") && ready > active) invalid("ready", "cannot set more ready pods than active")
  return errors
}

function validateSuccessCriteria({ status, spec }: JobObject): Errors {
  const met = isTrue(status, "SuccessCriteriaMet")
  const rules: readonly (readonly [boolean, string])[] = [
    [met && isTrue(status, "Failed"), "cannot set SuccessCriteriaMet=True and Failed=true conditions"],
    [met && isTrue(status, "FailureTarget"), "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"],
    [
      spec.successPolicy !== undefined && !met && isTrue(status, "Complete"),
      "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True",
    ],
  ]
  return rules.filter(([broken]) => broken).map(([, detail]) => field.invalidUnshown(CONDITIONS, detail))
}

/** What an update may not take back. */
function validateProgress({ status, spec }: JobObject, { status: old }: JobObject): Errors {
  const lost = (type: string) => isTrue(old, type) && !isTrue(status, type)
  const { failed = 0, succeeded = 0, completionTime, startTime } = status
  const resizable = spec.completionMode === "Indexed" && spec.completions === spec.parallelism
  const resumes =
    isTrue(old, "Suspended") &&
    (status.conditions ?? []).some((condition) => condition.type === "Suspended" && condition.status === "False")
  const restarted = old.startTime !== undefined && old.startTime !== startTime
  const gotCriteria = isTrue(status, "SuccessCriteriaMet") && !isTrue(old, "SuccessCriteriaMet")
  const invalid = (member: keyof JobStatus, value: unknown, detail: string) =>
    field.invalid(STATUS.child(member), value, detail)
  return [
    ...["Failed", "Complete", "FailureTarget"]
      .filter(lost)
      .map((type) => field.invalidUnshown(CONDITIONS, `cannot disable the terminal ${type}=True condition`)),
    ...(failed < (old.failed ?? 0) ? [invalid("failed", failed, "cannot decrease the failed counter")] : NONE),
    ...(!resizable && succeeded < (old.succeeded ?? 0)
      ? [invalid("succeeded", succeeded, "cannot decrease the succeeded counter")]
      : NONE),
    ...(completionTime !== undefined && old.completionTime !== undefined && completionTime !== old.completionTime
      ? [invalid("completionTime", completionTime, "field is immutable")]
      : NONE),
    ...(restarted && !resumes && !spec.suspend
      ? [invalid("startTime", startTime, "field is immutable for unsuspended job once set")]
      : NONE),
    ...(lost("SuccessCriteriaMet")
      ? [field.invalidUnshown(CONDITIONS, "cannot disable the SuccessCriteriaMet=True condition")]
      : NONE),
    ...(isTrue(old, "Complete") && gotCriteria
      ? [
          field.invalidUnshown(
            CONDITIONS,
            "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions",
          ),
        ]
      : NONE),
  ]
}
