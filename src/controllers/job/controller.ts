import { Job } from "../../api/batch/v1/job.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { type Key, keyOf, splitKey } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController, ownerKey } from "../define-controller.ts"
import { inGrowingBatches } from "../pods/in-batches.ts"
import { createOwnedPod, deleteOwnedPod, settleOwnership } from "../pods/pod-control.ts"
import { candidatesOf, indexPodsByOwner, podsOf } from "../pods/pods-by-owner.ts"
import { account, finished, heldBy, suspensionChange, withCounted } from "./account.ts"
import type { End, World } from "./assess.ts"
import { type Failures, NO_FAILURES } from "./backoff.ts"
import { endOf, isManagedElsewhere, isSuspended, isTracked, TRACKING_FINALIZER } from "./job-state.ts"
import { isComplete, type Plan, plan, type Step, standingAfter } from "./plan.ts"
import { namePrefix, podTemplate } from "./pod-template.ts"

/** Before the name of a pod in a key: no job is concerned, only the pod's finalizer. No object's name has a colon. */
const LONE_POD = "lone-pod:"

/** By uid of the job. Lost with the process: then the pauses start anew. */
type FailuresByJob = Map<string, Failures>

/** Runs the pods of a Job until enough of them have succeeded, or too many have failed. */
export const jobController = defineController({
  name: "job-controller",
  reads: [Job, Pod],
  writes: [
    { resource: Pod, verbs: ["create", "delete", "patch"] },
    { resource: Job, subresource: "status", verbs: ["update"] },
  ],
  start(context) {
    indexPodsByOwner(context)
    context.informer(Pod).addIndex(BY_JOB, jobKeyOf)
    const failures: FailuresByJob = new Map()
    context.enqueueOn(Job, (change) => {
      if (change.type === "deleted") failures.delete(change.object.metadata.uid)
      return [keyOf(change.object)]
    })
    context.enqueueOn(Pod, (change) => {
      const owners = [...ownerKey(Job)(change)]
      if (change.type === "updated") owners.push(...ownerKey(Job)({ type: "added", object: change.previous }))
      const { ownerReferences, namespace, name } = change.object.metadata
      if (ownerReferences?.some(({ controller }) => controller)) return owners
      return [...owners, ...jobsFor(context, change.object), `${namespace}/${LONE_POD}${name}`]
    })
    return (key) => reconcile(context, failures, key)
  },
})

/** Jobs that may adopt a pod. */
function jobsFor(context: ControllerContext, { metadata }: Pod): readonly Key[] {
  return context
    .informer(Job)
    .list(metadata.namespace)
    .filter(({ spec }) => compileLabelSelector(spec.selector).matches(metadata.labels))
    .map(keyOf)
}

async function reconcile(context: ControllerContext, failures: FailuresByJob, key: Key) {
  const { namespace, name } = splitKey(key)
  if (name.startsWith(LONE_POD)) return releaseLonePod(context, `${namespace}/${name.slice(LONE_POD.length)}`)
  const job = context.informer(Job).get(key)
  await releaseStrangers(context, key, job)
  if (job === undefined || isManagedElsewhere(job)) return
  if (endOf(job) !== undefined) {
    failures.delete(job.metadata.uid)
    return
  }
  const nowMs = context.platform.clock.nowMs()
  const known = failures.get(job.metadata.uid) ?? NO_FAILURES
  const world: World = { job, pods: await ownPods(context, job), failures: known, nowMs }
  const planned = plan(world, timeFromMs(nowMs))
  const { done, failure } = await carryOut(context, job, planned.steps)
  await settleStatus(context, world, planned, done)
  failures.set(job.metadata.uid, planned.assessment.failures)
  if (failure !== undefined) throw failure
  return planned.againAfterMs === undefined ? undefined : { againAfterMs: planned.againAfterMs }
}

/** The pods of the job. Those that it adopts are tracked from then on. */
async function ownPods(context: ControllerContext, job: Job): Promise<readonly Pod[]> {
  const before = new Set(podsOf(context, job).map(({ metadata }) => metadata.uid))
  const candidates = candidatesOf(context, job)
  const pods = await settleOwnership(context, job, compileLabelSelector(job.spec.selector), candidates)
  return Promise.all(
    pods.map((pod) => {
      if (before.has(pod.metadata.uid) || isTracked(pod)) return pod
      const patch = { metadata: { uid: pod.metadata.uid, finalizers: [TRACKING_FINALIZER] } }
      return context.client.of(Pod).patch(pod.metadata, patch, { type: "strategic" })
    }),
  )
}

const controllerOf = ({ metadata }: Pod) => metadata.ownerReferences?.find(({ controller }) => controller)

/** Tracked pods stand under the name of their job, whether it is the one of that name now or not. */
const BY_JOB = "tracked by job"
function jobKeyOf(pod: Pod): readonly Key[] {
  const owner = controllerOf(pod)
  const isOfJob = isTracked(pod) && owner?.kind === "Job" && owner.apiVersion === "batch/v1"
  return isOfJob ? [`${pod.metadata.namespace}/${owner.name}`] : []
}

/** Pods that name this job but that it does not count: it is gone, has ended, or is another of the same name. */
async function releaseStrangers(context: ControllerContext, key: Key, job: Job | undefined): Promise<void> {
  const counts = job !== undefined && (isManagedElsewhere(job) || endOf(job) === undefined)
  const strangers = context
    .informer(Pod)
    .indexed(BY_JOB, key)
    .filter((pod) => !(counts && controllerOf(pod)?.uid === job.metadata.uid))
  await Promise.all(strangers.map((pod) => releasePod(context, pod)))
}

async function releaseLonePod(context: ControllerContext, key: Key): Promise<undefined> {
  const pod = context.informer(Pod).get(key)
  if (pod !== undefined && isTracked(pod) && controllerOf(pod) === undefined) await releasePod(context, pod)
}

async function releasePod({ client }: ControllerContext, pod: Pod): Promise<void> {
  const { uid } = pod.metadata
  const patch = { metadata: { uid, "$deleteFromPrimitiveList/finalizers": [TRACKING_FINALIZER] } }
  try {
    await client.of(Pod).patch(pod.metadata, patch, { type: "strategic" })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

interface Done {
  readonly done: readonly Step[]
  readonly failure?: unknown
}

/** Creations and deletions never come together. */
async function carryOut(context: ControllerContext, job: Job, steps: readonly Step[]): Promise<Done> {
  const left = steps.filter((step) => step.do === "create").values()
  const deletions = steps.filter((step) => step.do === "delete")
  if (deletions.length === 0) {
    const { succeeded, failure } = await inGrowingBatches(steps.length, async () => {
      const { value } = left.next()
      if (value === undefined) return
      const template = podTemplate(job, value.index, value.replaced)
      await createOwnedPod(context, job, template, { generateName: namePrefix(job, value.index) })
    })
    return { done: steps.slice(0, succeeded), failure }
  }
  const outcomes = await Promise.allSettled(
    deletions.map(async (step) => {
      if (step.uncounted && isTracked(step.pod)) await releasePod(context, step.pod)
      const error = await deleteOwnedPod(context, job, step.pod)
      if (error !== undefined) throw error
      return step
    }),
  )
  const failure = outcomes.find((outcome) => outcome.status === "rejected")?.reason
  return { done: outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : [])), failure }
}

/** Counts what has ended, lets those pods go, and ends the job once everything is counted. */
async function settleStatus(
  context: ControllerContext,
  world: World,
  { assessment, steps }: Plan,
  done: readonly Step[],
): Promise<void> {
  const { job, pods } = world
  const standing = standingAfter(assessment, done)
  const now = timeFromMs(context.platform.clock.nowMs())
  // A job that is to end waits until its last pods are being deleted.
  const delayed = assessment.end !== undefined && done.length < steps.length
  const end = delayed ? undefined : (assessment.end ?? completion(world, standing.active, assessment))
  const goesOn = !delayed && end === undefined && job.metadata.deletionTimestamp === undefined
  const change = goesOn ? suspensionChange(world, now) : undefined
  const conditions = job.status.conditions ?? []
  if (change !== undefined) {
    context.events.record(job, "Normal", isSuspended(job) ? "Suspended" : "Resumed", change.message ?? "")
  }
  const outcome = {
    assessment,
    end,
    standing,
    conditions: change === undefined ? conditions : [...conditions.filter(({ type }) => type !== "Suspended"), change],
    startTime: change === undefined ? assessment.startTime : isSuspended(job) ? undefined : now,
  }
  const { status, release, unfinished } = account(world, outcome, now)
  let current = await writeStatus(context, job, status)
  const outcomes = await Promise.allSettled(release.map((pod) => releasePod(context, pod)))
  const released = new Set(release.filter((_, at) => outcomes[at]?.status === "fulfilled"))
  const counted = withCounted(status, heldBy(pods.filter((pod) => !released.has(pod))))
  const final = end === undefined || unfinished ? undefined : finished(counted, end, now)
  current = await writeStatus(context, current, final ?? counted)
  if (final !== undefined && end !== undefined) announce(context, current, end)
  const failed = outcomes.find((result) => result.status === "rejected")
  if (failed !== undefined) throw failed.reason
}

function completion({ job }: World, active: number, assessment: Plan["assessment"]): End | undefined {
  if (!isComplete(job, assessment, active)) return undefined
  return { success: true, reason: "CompletionsReached", message: "Reached expected number of succeeded pods" }
}

async function writeStatus({ client }: ControllerContext, job: Job, status: Job["status"]): Promise<Job> {
  return deepEqual(status, job.status) ? job : client.of(Job).updateStatus({ ...job, status })
}

function announce({ events }: ControllerContext, job: Job, end: End): void {
  if (!end.success) {
    events.record(job, "Warning", end.reason, end.message)
    return
  }
  const { completions } = job.spec
  if (completions !== undefined && (job.status.succeeded ?? 0) > completions) {
    const text = "Too many succeeded pods running after completion count reached"
    events.record(job, "Warning", "TooManySucceededPods", text)
  }
  events.record(job, "Normal", "Completed", "Job completed")
}
