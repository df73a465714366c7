import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { CronError, isTimeZone, parseCron } from "../../../../machinery/time/cron.ts"
import { type Errors, NONE, notNegative, oneOf } from "../../../core/v1/validation/rules.ts"
import type { CronJobSpec, JobTemplateSpec } from "../cron-job.ts"
import { validateJobParts } from "./job-spec.ts"

const SPEC = FieldPath.root("spec")
/** Names of jobs have at most 63 characters, of which the controller adds a time in eleven. */
const NAME_BYTES_MAX = 63 - 11

interface CronJobObject {
  readonly metadata: ObjectMeta
  readonly spec: CronJobSpec
}

export function validateNewCronJob({ metadata, spec }: CronJobObject): Errors {
  const { name = "" } = metadata
  return [
    ...validateSpec(spec, undefined),
    ...(byteLength(name) > NAME_BYTES_MAX
      ? [field.invalid("metadata.name", name, `must be no more than ${NAME_BYTES_MAX} characters`)]
      : NONE),
  ]
}

export function validateCronJobUpdate({ spec }: CronJobObject, { spec: old }: CronJobObject): Errors {
  return validateSpec(spec, old)
}

function validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined): Errors {
  const count = (name: "startingDeadlineSeconds" | "successfulJobsHistoryLimit" | "failedJobsHistoryLimit") =>
    notNegative(spec[name], SPEC.child(name))
  return [
    ...validateSchedule(spec, old?.schedule.includes("TZ") ?? false, SPEC.child("schedule")),
    ...count("startingDeadlineSeconds"),
    ...(old === undefined || old.timeZone !== spec.timeZone
      ? validateTimeZone(spec.timeZone, SPEC.child("timeZone"))
      : NONE),
    ...oneOf(spec.concurrencyPolicy, ["Allow", "Forbid", "Replace"], SPEC.child("concurrencyPolicy")),
    ...validateTemplate(spec.jobTemplate, SPEC.child("jobTemplate").child("spec")),
    ...count("successfulJobsHistoryLimit"),
    ...count("failedJobsHistoryLimit"),
  ]
}

function validateSchedule({ schedule, timeZone }: CronJobSpec, hadZone: boolean, path: FieldPath): Errors {
  if (schedule === "") return [field.required(path)]
  const problem = scheduleProblem(schedule)
  const hasZone = schedule.includes("TZ")
  const both = hadZone && hasZone && timeZone !== undefined
  return [
    ...(problem === undefined ? NONE : [field.invalid(path, schedule, problem)]),
    ...(both ? [field.invalid(path, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule")] : NONE),
    ...(hasZone && !hadZone
      ? [field.invalid(path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")]
      : NONE),
  ]
}

function scheduleProblem(schedule: string): string | undefined {
  try {
    parseCron(schedule)
    return undefined
  } catch (error) {
    if (error instanceof CronError) return error.message
    throw error
  }
}

/** Parts of names as https://data.iana.org/time-zones/theory.html#naming has them, and a few of old. */
const ZONE_PART = /^[A-Za-z._0-9+-]{1,14}$/

function validateTimeZone(zone: string | undefined, path: FieldPath): Errors {
  if (zone === undefined) return NONE
  if (zone === "") return [field.invalid(path, zone, "timeZone must be nil or non-empty string")]
  const isName = (part: string) => part !== "." && part !== ".." && !part.startsWith("-") && ZONE_PART.test(part)
  const unknown = field.invalid(path, zone, `unknown time zone ${zone}`)
  if (!zone.split("/").every(isName)) return [unknown]
  const why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
  return [
    ...(zone.toLowerCase() === "local" ? [field.invalid(path, zone, why)] : NONE),
    ...(isTimeZone(zone) ? NONE : [unknown]),
  ]
}

/** The selectors of jobs are generated when they are made. */
function validateTemplate({ spec }: JobTemplateSpec, path: FieldPath): Errors {
  const { selector, manualSelector } = spec
  return [
    ...validateJobParts(spec, path),
    ...(selector === undefined
      ? NONE
      : [field.invalid(path.child("selector"), selector, "`selector` will be auto-generated")]),
    ...(manualSelector ? [field.notSupported(path.child("manualSelector"), manualSelector, ["nil", "false"])] : NONE),
  ]
}
