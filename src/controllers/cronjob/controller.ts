import { CronJob } from "../../api/batch/v1/cron-job.ts"
import { Job } from "../../api/batch/v1/job.ts"
import type { ObjectReference } from "../../api/core/v1/references.ts"
import { keyOf, splitKey } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from "../../machinery/status/predicates.ts"
import { CronError } from "../../machinery/time/cron.ts"
import { timeInZone } from "../../machinery/time/cron-next.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController, ownerKey } from "../define-controller.ts"
import { controllerReference } from "../pods/claim.ts"
import { untilNextMs } from "./due.ts"
import { jobName, plan, readSchedule, withActive } from "./plan.ts"

const SCHEDULED_ANNOTATION = "batch.kubernetes.io/cronjob-scheduled-timestamp"

/** The schedule under which each cron job was last seen, by uid. */
type Schedules = Map<string, string>

/** Starts jobs at the times that a CronJob names. */
export const cronJobController = defineController({
  name: "cronjob-controller",
  reads: [CronJob, Job],
  writes: [
    { resource: CronJob, subresource: "status", verbs: ["update"] },
    { resource: Job, verbs: ["create", "delete"] },
  ],
  start(context) {
    const schedules: Schedules = new Map()
    context.enqueueOn(CronJob, (change) => {
      if (change.type === "deleted") schedules.delete(change.object.metadata.uid)
      return [keyOf(change.object)]
    })
    context.enqueueOn(Job, (change) => {
      const owners = ownerKey(CronJob)(change)
      return change.type === "updated"
        ? [...owners, ...ownerKey(CronJob)({ type: "added", object: change.previous })]
        : owners
    })
    return (key) => reconcile(context, schedules, key)
  },
})

async function reconcile(context: ControllerContext, schedules: Schedules, key: string) {
  const cronJob = context.informer(CronJob).get(key)
  if (cronJob === undefined) return undefined
  const nowMs = context.platform.clock.nowMs()
  const rest = afterNewSchedule(cronJob, schedules, nowMs)
  if (rest !== undefined) return { againAfterMs: rest }
  const jobs = context
    .informer(Job)
    .list(splitKey(key).namespace)
    .filter(({ metadata }) => metadata.ownerReferences?.some((r) => r.controller && r.uid === cronJob.metadata.uid))
  const planned = plan(cronJob, jobs, nowMs)
  for (const { type, reason, message } of planned.notes) context.events.record(cronJob, type, reason, message)
  for (const { metadata } of planned.outdated) await deleteJob(context, cronJob, metadata)
  let { status } = planned
  let failure: unknown
  try {
    for (const { name = "", uid = "" } of planned.replaced) {
      await deleteJob(context, cronJob, { name, uid })
      status = withActive(
        status,
        (status.active ?? []).filter((reference) => reference.uid !== uid),
      )
    }
    const started = planned.startMs === undefined ? undefined : await startJob(context, cronJob, planned.startMs)
    if (started !== undefined && planned.startMs !== undefined) {
      status = withActive(status, [...(status.active ?? []), started])
      status = { ...status, lastScheduleTime: timeFromMs(planned.startMs) }
    }
  } catch (error) {
    failure = error
  }
  if (!deepEqual(status, cronJob.status)) await context.client.of(CronJob).updateStatus({ ...cronJob, status })
  if (failure !== undefined) throw failure
  return planned.againAfterMs === undefined ? undefined : { againAfterMs: planned.againAfterMs }
}

/** A new schedule starts nothing for times before it: how long until its first time. */
function afterNewSchedule(cronJob: CronJob, schedules: Schedules, nowMs: number): number | undefined {
  const { metadata, spec } = cronJob
  const now = JSON.stringify([spec.schedule, spec.timeZone])
  const before = schedules.get(metadata.uid)
  schedules.set(metadata.uid, now)
  if (before === undefined || before === now) return undefined
  const schedule = readSchedule(spec.schedule)
  return schedule instanceof CronError ? undefined : untilNextMs(cronJob, schedule, nowMs)
}

async function deleteJob(
  { client, events }: ControllerContext,
  cronJob: CronJob,
  { name, uid }: { readonly name: string; readonly uid: string },
): Promise<void> {
  try {
    const key = { namespace: cronJob.metadata.namespace, name }
    await client.of(Job).delete(key, { propagationPolicy: "Background", preconditions: { uid } })
    events.record(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${name}`)
  } catch (error) {
    if (isNotFound(error)) return
    events.record(cronJob, "Warning", "FailedDelete", `Deleted job: ${messageOf(error)}`)
    throw error
  }
}

/** Undefined when somebody else's job has the name. */
async function startJob(
  { client, events }: ControllerContext,
  cronJob: CronJob,
  atMs: number,
): Promise<ObjectReference | undefined> {
  const { jobTemplate, timeZone = "UTC" } = cronJob.spec
  const { labels, annotations } = jobTemplate.metadata
  const key = { namespace: cronJob.metadata.namespace, name: jobName(cronJob, atMs) }
  try {
    const job = await client.of(Job).create({
      metadata: {
        ...key,
        labels,
        annotations: { ...annotations, [SCHEDULED_ANNOTATION]: timeInZone(atMs, timeZone) },
        ownerReferences: [controllerReference(cronJob)],
      },
      spec: jobTemplate.spec,
    })
    events.record(cronJob, "Normal", "SuccessfulCreate", `Created job ${key.name}`)
    return referenceTo(job)
  } catch (error) {
    if (!isAlreadyExists(error)) {
      if (isNamespaceTerminating(error)) throw error
      events.record(cronJob, "Warning", "FailedCreate", `Error creating job: ${messageOf(error)}`)
      throw error
    }
    // Made before an interruption, or by somebody else.
    const job = await client.of(Job).get(key)
    const isOwn = job.metadata.ownerReferences?.some((r) => r.controller && r.uid === cronJob.metadata.uid)
    return isOwn ? referenceTo(job) : undefined
  }
}

function referenceTo({ metadata }: Job): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata
  return { kind: "Job", namespace, name, uid, apiVersion: "batch/v1", resourceVersion }
}
