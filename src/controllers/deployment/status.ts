import type { Deployment, DeploymentCondition, DeploymentStatus } from "../../api/apps/v1/deployment.ts"
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { bounds, desired, replicasOf, sum } from "./scaling.ts"

/** No deadline: what Kubernetes means by the largest 32-bit number. */
const noDeadline = 2 ** 31 - 1

type Numbers = Required<
  Pick<DeploymentStatus, "replicas" | "updatedReplicas" | "readyReplicas" | "availableReplicas" | "unavailableReplicas">
>

/** What a rollout has come to, as the status tells it. */
export function statusOf(
  deployment: Deployment,
  newest: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  nowMs: number,
): DeploymentStatus {
  const all = newest === undefined ? old : [newest, ...old]
  const numbers = count(newest, all)
  const before = deployment.status
  const terminating = sum(all, (set) => set.status.terminatingReplicas ?? 0)
  const now = timeFromMs(nowMs)
  let conditions = put(noticed(deployment, newest, now), availability(deployment, numbers.availableReplicas), now)
  conditions = progress(deployment, numbers, newest, conditions, nowMs)
  const failure = all.flatMap((set) => set.status.conditions ?? []).find(({ type }) => type === "ReplicaFailure")
  conditions = conditions.filter(({ type }) => type !== "ReplicaFailure")
  if (failure !== undefined) {
    const { status, reason = "", message = "" } = failure
    conditions = put([...conditions], { type: "ReplicaFailure", status, reason, message }, now)
  }
  return {
    ...Object.fromEntries(Object.entries(numbers).filter(([, n]) => n !== 0)),
    observedGeneration: deployment.metadata.generation ?? 0,
    terminatingReplicas: terminating,
    ...(before.collisionCount !== undefined && { collisionCount: before.collisionCount }),
    conditions,
  }
}

/** Whoever sets a deadline on an old rollout begins to count when the newest set was first looked at. */
function noticed(deployment: Deployment, newest: ReplicaSet | undefined, now: string): readonly DeploymentCondition[] {
  const conditions = deployment.status.conditions ?? []
  const isKnown = deadlineMs(deployment) === undefined || conditions.some(({ type }) => type === "Progressing")
  if (isKnown || newest === undefined) return conditions
  const found = `Found new replica set "${newest.metadata.name}"`
  return put(conditions, verdict("Progressing", "True", "FoundNewReplicaSet", found), now)
}

function count(newest: ReplicaSet | undefined, all: readonly ReplicaSet[]): Numbers {
  const availableReplicas = sum(all, (set) => set.status.availableReplicas ?? 0)
  return {
    replicas: sum(all, (set) => set.status.replicas),
    updatedReplicas: newest?.status.replicas ?? 0,
    readyReplicas: sum(all, (set) => set.status.readyReplicas ?? 0),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(all, replicasOf) - availableReplicas),
  }
}

interface Verdict {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

function availability(deployment: Deployment, available: number): Verdict {
  const enough = available >= desired(deployment) - bounds(deployment).maxUnavailable
  return enough
    ? verdict("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    : verdict("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
}

/** Replaces a condition of the same type. The transition time moves only with the status. */
export function put(
  conditions: readonly DeploymentCondition[],
  next: Verdict,
  now: string,
): readonly DeploymentCondition[] {
  const before = conditions.find(({ type }) => type === next.type)
  if (before?.status === next.status && before.reason === next.reason && before.message === next.message) {
    return conditions
  }
  const lastTransitionTime = before?.status === next.status ? (before.lastTransitionTime ?? now) : now
  const others = conditions.filter(({ type }) => type !== next.type)
  return [...others, { ...next, lastUpdateTime: now, lastTransitionTime }]
}

export function verdict(type: string, status: string, reason: string, message: string): Verdict {
  return { type, status, reason, message }
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = desired(deployment)
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

export function deadlineMs(deployment: Deployment): number | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds
  return seconds === undefined || seconds === noDeadline ? undefined : seconds * 1000
}

function progress(
  deployment: Deployment,
  numbers: Numbers,
  newest: ReplicaSet | undefined,
  conditions: readonly DeploymentCondition[],
  nowMs: number,
): readonly DeploymentCondition[] {
  if (deadlineMs(deployment) === undefined) return conditions.filter(({ type }) => type !== "Progressing")
  if (deployment.spec.paused) return conditions
  const current = conditions.find(({ type }) => type === "Progressing")
  const done = numbers.replicas === numbers.updatedReplicas && current?.reason === "NewReplicaSetAvailable"
  if (done) return conditions
  const subject =
    newest === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newest.metadata.name}"`
  const now = timeFromMs(nowMs)
  const observed = { ...numbers, observedGeneration: deployment.metadata.generation ?? 0 }
  if (isComplete(deployment, observed)) {
    const next = verdict("Progressing", "True", "NewReplicaSetAvailable", `${subject} has successfully progressed.`)
    return put(conditions, next, now)
  }
  if (hasProgressed(deployment.status, numbers)) {
    const next = verdict("Progressing", "True", "ReplicaSetUpdated", `${subject} is progressing.`)
    const kept = conditions.filter(({ type }) => type !== "Progressing")
    const lastTransitionTime = current?.status === "True" ? (current.lastTransitionTime ?? now) : now
    return [...kept, { ...next, lastUpdateTime: now, lastTransitionTime }]
  }
  if (timesOutMs(deployment, current) <= nowMs && current !== undefined) {
    const next = verdict("Progressing", "False", "ProgressDeadlineExceeded", `${subject} has timed out progressing.`)
    return put(conditions, next, now)
  }
  return conditions
}

function hasProgressed(before: DeploymentStatus, now: Numbers): boolean {
  const oldReplicas = now.replicas - now.updatedReplicas
  const oldReplicasBefore = (before.replicas ?? 0) - (before.updatedReplicas ?? 0)
  return (
    now.updatedReplicas > (before.updatedReplicas ?? 0) ||
    oldReplicas < oldReplicasBefore ||
    now.readyReplicas > (before.readyReplicas ?? 0) ||
    now.availableReplicas > (before.availableReplicas ?? 0)
  )
}

/** When a rollout that shows no progress fails; infinity when it cannot. */
export function timesOutMs(deployment: Deployment, progressing: DeploymentCondition | undefined): number {
  const limitMs = deadlineMs(deployment)
  const ended = ["NewReplicaSetAvailable", "ProgressDeadlineExceeded"]
  if (limitMs === undefined || progressing?.lastUpdateTime === undefined) return Number.POSITIVE_INFINITY
  if (deployment.spec.paused) return Number.POSITIVE_INFINITY
  if (ended.includes(progressing.reason ?? "")) return Number.POSITIVE_INFINITY
  return Date.parse(progressing.lastUpdateTime) + limitMs
}
