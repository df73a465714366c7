import { Deployment, type DeploymentStatus } from "../../api/apps/v1/deployment.ts"
import { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { type Change, type Key, keyOf } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import { compileLabelSelector, formatLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, defineController, ownerKey } from "../define-controller.ts"
import { adoptionPatch, claim, controllerReference, releasePatch } from "../pods/claim.ts"
import { indexPodsByOwner, podsOf } from "../pods/pods-by-owner.ts"
import { plan, type Step, sizeAnnotations, sortSets } from "./plan.ts"
import {
  annotationsOfNewest,
  revisionAnnotation,
  revisionOf,
  rollback,
  rolledBack,
  sameTemplate,
  setName,
  templateHash,
  templateHashLabel,
  withoutRollback,
} from "./revision.ts"
import { replicasOf } from "./scaling.ts"
import { deadlineMs, put, statusOf, timesOutMs, verdict } from "./status.ts"

/** Rolls a Deployment's replica sets from one revision to the next. */
export const deploymentController = defineController({
  name: "deployment-controller",
  reads: [Deployment, ReplicaSet, Pod],
  writes: [
    { resource: ReplicaSet, verbs: ["create", "update", "patch", "delete"] },
    { resource: Deployment, verbs: ["patch", "update"] },
    { resource: Deployment, verbs: ["update"], subresource: "status" },
  ],
  start(context) {
    const sets = context.informer(ReplicaSet)
    indexPodsByOwner(context)
    context.enqueueOn(Deployment)
    context.enqueueOn(ReplicaSet, (change) => setOwners(context, change))
    // Recreate waits for the last old pod to be gone.
    context.enqueueOn(Pod, (change) => {
      if (change.type !== "deleted") return []
      return ownerKey(ReplicaSet)(change).flatMap((key) => {
        const set = sets.get(key)
        return set === undefined ? [] : ownerKey(Deployment)({ type: "added", object: set })
      })
    })
    return (key) => reconcile(context, key)
  },
})

function setOwners(context: ControllerContext, change: Change<ReplicaSet>): readonly Key[] {
  const owners = [...ownerKey(Deployment)(change)]
  if (change.type === "updated") owners.push(...ownerKey(Deployment)({ type: "added", object: change.previous }))
  if (owners.length > 0) return owners
  return context
    .informer(Deployment)
    .list(change.object.metadata.namespace)
    .filter(({ spec }) => compileLabelSelector(spec.selector).matches(change.object.metadata.labels))
    .map(keyOf)
}

async function reconcile(context: ControllerContext, key: Key) {
  const deployment = context.informer(Deployment).get(key)
  if (deployment === undefined) return
  if (formatLabelSelector(deployment.spec.selector) === "") {
    const message = "This deployment is selecting all pods. A non-empty selector is required."
    context.events.record(deployment, "Warning", "SelectingAll", message)
    const observedGeneration = deployment.metadata.generation ?? 0
    if ((deployment.status.observedGeneration ?? 0) < observedGeneration) {
      await client(context).updateStatus({ ...deployment, status: { ...deployment.status, observedGeneration } })
    }
    return
  }
  const sets = await ownedSets(context, deployment)
  const { newest, old } = sortSets(deployment, sets)
  const oldPodsExist = old.some((set) => podsOf(context, set).some(isLive))

  const going = deployment.metadata.deletionTimestamp !== undefined
  if (!going && !deployment.spec.paused && (await rollBack(context, deployment, sets))) return
  let status = statusOf(deployment, newest, old, context.platform.clock.nowMs())
  const steps = going ? [] : plan({ deployment, sets, oldPodsExist })
  for (const step of steps) status = await carryOut(context, deployment, step, status)
  status = notePause(deployment, status, context.platform.clock.nowMs())
  if (!deepEqual(status, deployment.status)) {
    // A revision noted above has changed the object; its current form is in the informer already.
    const current = context.informer(Deployment).get(key) ?? deployment
    await client(context).updateStatus({ ...current, status })
  }
  return againForDeadline(context, deployment, status)
}

/** True when a client of an old version asked to go back to an earlier revision; that is settled then. */
async function rollBack(
  context: ControllerContext,
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): Promise<boolean> {
  const wanted = rollback(deployment, sets)
  if (wanted === undefined) return false
  const { name } = deployment.metadata
  if ("problem" in wanted) context.events.record(deployment, "Warning", wanted.problem, wanted.message)
  await client(context).update("to" in wanted ? rolledBack(deployment, wanted.to) : withoutRollback(deployment))
  if ("to" in wanted) {
    const message = `Rolled back deployment "${name}" to revision ${revisionOf(wanted.to)}`
    context.events.record(deployment, "Normal", "DeploymentRollback", message)
  }
  return true
}

const client = (context: ControllerContext) => context.client.of(Deployment)
const isLive = (pod: Pod) => pod.status.phase !== "Succeeded" && pod.status.phase !== "Failed"

async function ownedSets(context: ControllerContext, deployment: Deployment): Promise<readonly ReplicaSet[]> {
  const candidates = context.informer(ReplicaSet).list(deployment.metadata.namespace)
  const claims = claim(deployment, compileLabelSelector(deployment.spec.selector), candidates)
  const patch = (set: ReplicaSet, body: unknown) =>
    context.client.of(ReplicaSet).patch(set.metadata, body, { type: "strategic" }).catch(ignoreNotFound)
  const adopted = await Promise.all(claims.adopt.map((set) => patch(set, adoptionPatch(deployment, set))))
  await Promise.all(claims.release.map((set) => patch(set, releasePatch(deployment, set))))
  return [...claims.owned, ...adopted.filter((set) => set !== undefined)]
}

function ignoreNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error
}

async function carryOut(
  context: ControllerContext,
  deployment: Deployment,
  step: Step,
  status: DeploymentStatus,
): Promise<DeploymentStatus> {
  switch (step.do) {
    case "createNewest":
      return createNewest(context, deployment, step, status)
    case "update":
      await updateSet(context, deployment, step)
      return status
    case "noteRevision": {
      const patch = { metadata: { annotations: { [revisionAnnotation]: step.revision } } }
      await client(context).patch(deployment.metadata, patch, { type: "merge" })
      return status
    }
    case "deleteSet":
      await context.client.of(ReplicaSet).delete(step.set.metadata).catch(ignoreNotFound)
      return status
  }
}

async function updateSet(
  context: ControllerContext,
  deployment: Deployment,
  step: Extract<Step, { do: "update" }>,
): Promise<void> {
  const { set, replicas, annotations } = step
  await context.client.of(ReplicaSet).update({
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...set.spec, replicas, minReadySeconds: deployment.spec.minReadySeconds },
  })
  if (replicas !== replicasOf(set)) noteScaling(context, deployment, set.metadata.name, replicasOf(set), replicas)
}

function noteScaling(context: ControllerContext, deployment: Deployment, set: string, from: number, to: number): void {
  const direction = to > from ? "up" : "down"
  const message = `Scaled ${direction} replica set ${set} from ${from} to ${to}`
  context.events.record(deployment, "Normal", "ScalingReplicaSet", message)
}

async function createNewest(
  context: ControllerContext,
  deployment: Deployment,
  step: Extract<Step, { do: "createNewest" }>,
  status: DeploymentStatus,
): Promise<DeploymentStatus> {
  const now = timeFromMs(context.platform.clock.nowMs())
  const progressing = (reason: string, message: string, value = "True") => ({
    ...status,
    conditions:
      deadlineMs(deployment) === undefined
        ? (status.conditions ?? [])
        : put(status.conditions ?? [], verdict("Progressing", value, reason, message), now),
  })
  const hash = templateHash(deployment.spec.template, deployment.status.collisionCount ?? 0)
  const name = setName(deployment, hash)
  try {
    await context.client.of(ReplicaSet).create(newSet(deployment, name, hash, step))
  } catch (error) {
    if (isAlreadyExists(error)) return afterCollision(context, deployment, name, status)
    if (isNamespaceTerminating(error)) throw error
    const message = messageOf(error)
    const text = `Failed to create new replica set "${name}": ${message}`
    context.events.record(deployment, "Warning", "ReplicaSetCreateError", text)
    const failed = { ...deployment, status: progressing("ReplicaSetCreateError", text, "False") }
    if (deadlineMs(deployment) !== undefined) await client(context).updateStatus(failed)
    throw error
  }
  if (step.replicas > 0) noteScaling(context, deployment, name, 0, step.replicas)
  return progressing("NewReplicaSetCreated", `Created new replica set "${name}"`)
}

/** Another template may have taken the name: then the next try uses another hash. */
async function afterCollision(
  context: ControllerContext,
  deployment: Deployment,
  name: string,
  status: DeploymentStatus,
): Promise<DeploymentStatus> {
  const existing = await context.client.of(ReplicaSet).get({ namespace: deployment.metadata.namespace, name })
  const ours = existing.metadata.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid)
  if (ours && sameTemplate(existing.spec.template, deployment.spec.template)) return status
  return { ...status, collisionCount: (deployment.status.collisionCount ?? 0) + 1 }
}

function newSet(deployment: Deployment, name: string, hash: string, step: Extract<Step, { do: "createNewest" }>) {
  const { template, selector, minReadySeconds } = deployment.spec
  const labels = { ...template.metadata.labels, [templateHashLabel]: hash }
  return {
    metadata: {
      name,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: {
        ...annotationsOfNewest(deployment, {}, step.revision),
        ...Object.fromEntries(sizeAnnotations(deployment)),
      },
      ownerReferences: [controllerReference(deployment as KubeObject)],
    },
    spec: {
      replicas: step.replicas,
      minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [templateHashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

function notePause(deployment: Deployment, status: DeploymentStatus, nowMs: number): DeploymentStatus {
  if (deadlineMs(deployment) === undefined) return status
  const conditions = status.conditions ?? []
  const current = conditions.find(({ type }) => type === "Progressing")
  if (current?.reason === "ProgressDeadlineExceeded") return status
  const wasPaused = current?.reason === "DeploymentPaused"
  if (Boolean(deployment.spec.paused) === wasPaused) return status
  const next = deployment.spec.paused
    ? verdict("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
    : verdict("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed")
  return { ...status, conditions: put(conditions, next, timeFromMs(nowMs)) }
}

function againForDeadline(context: ControllerContext, deployment: Deployment, status: DeploymentStatus) {
  const progressing = status.conditions?.find(({ type }) => type === "Progressing")
  const atMs = timesOutMs(deployment, progressing)
  return Number.isFinite(atMs) ? { againAfterMs: Math.max(1000, atMs - context.platform.clock.nowMs()) } : undefined
}
