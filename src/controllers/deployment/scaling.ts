import type { Deployment } from "../../api/apps/v1/deployment.ts"
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { resolveCount } from "../../machinery/quantity/int-or-string.ts"
import { desiredReplicasAnnotation, maxReplicasAnnotation, oldestFirst } from "./revision.ts"

/** The arithmetic of a rollout. Everything here is pure. */

/** Wanted sizes by replica set name. A set that keeps its size is left out. */
export type Sizes = ReadonlyMap<string, number>

export const replicasOf = (set: ReplicaSet): number => set.spec.replicas ?? 1
const availableOf = (set: ReplicaSet): number => set.status.availableReplicas ?? 0
export const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number =>
  sets.reduce((total, set) => total + of(set), 0)

export const desired = (deployment: Deployment): number => deployment.spec.replicas ?? 1
const isRolling = (deployment: Deployment): boolean => deployment.spec.strategy.type !== "Recreate"

/** How many pods may exist above, and be missing below, the desired number. Never both zero. */
export function bounds(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 }
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec.strategy.rollingUpdate ?? {}
  const total = desired(deployment)
  const surge = resolveCount(maxSurge, total, true)
  const unavailable = resolveCount(maxUnavailable, total, false)
  if (surge === 0 && unavailable === 0) return { maxSurge: 0, maxUnavailable: 1 }
  return { maxSurge: surge, maxUnavailable: Math.min(unavailable, total) }
}

/** The size of the newest set in the next step of a rollout. */
export function nextSizeOfNewest(deployment: Deployment, all: readonly ReplicaSet[], newestReplicas: number): number {
  const wanted = desired(deployment)
  if (!isRolling(deployment) || newestReplicas >= wanted) return wanted
  const room = wanted + bounds(deployment).maxSurge - sum(all, replicasOf)
  return room <= 0 ? newestReplicas : newestReplicas + Math.min(room, wanted - newestReplicas)
}

/** How far the old sets may shrink now: first by pods that are not available anyway, then by available ones. */
export function shrinkOld(deployment: Deployment, newest: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  const all = [...old, newest]
  const minAvailable = desired(deployment) - bounds(deployment).maxUnavailable
  const newestUnavailable = replicasOf(newest) - availableOf(newest)
  const mayLose = sum(all, replicasOf) - minAvailable - newestUnavailable
  const sizes = new Map<string, number>()
  if (mayLose <= 0) return sizes
  const ordered = old.filter((set) => replicasOf(set) > 0).sort(oldestFirst)
  const sizeOf = (set: ReplicaSet) => sizes.get(set.metadata.name) ?? replicasOf(set)

  let unhealthy = mayLose
  for (const set of ordered) {
    const lost = Math.min(unhealthy, Math.max(0, replicasOf(set) - availableOf(set)))
    if (lost > 0) sizes.set(set.metadata.name, replicasOf(set) - lost)
    unhealthy -= lost
  }
  let healthy = sum(all, availableOf) - minAvailable
  for (const set of ordered) {
    const lost = Math.min(Math.max(0, healthy), sizeOf(set))
    if (lost > 0) sizes.set(set.metadata.name, sizeOf(set) - lost)
    healthy -= lost
  }
  return sizes
}

/** True when the deployment's own size changed since the sets were last sized. */
export function isResize(deployment: Deployment, all: readonly ReplicaSet[]): boolean {
  return all.some((set) => {
    const noted = set.metadata.annotations?.[desiredReplicasAnnotation]
    return replicasOf(set) > 0 && noted !== undefined && Number(noted) !== desired(deployment)
  })
}

/** Sizes after the deployment itself was resized: one active set follows, several share in proportion to their size. */
export function resize(deployment: Deployment, newest: ReplicaSet | undefined, old: readonly ReplicaSet[]): Sizes {
  const all = newest === undefined ? old : [...old, newest]
  const active = all.filter((set) => replicasOf(set) > 0)
  const wanted = desired(deployment)
  if (active.length <= 1) {
    const only = active[0] ?? newest ?? old.toSorted(oldestFirst).at(-1)
    return only === undefined || replicasOf(only) === wanted ? new Map() : new Map([[only.metadata.name, wanted]])
  }
  if (newest !== undefined && isSaturated(deployment, newest)) {
    return new Map(old.filter((set) => replicasOf(set) > 0).map((set) => [set.metadata.name, 0]))
  }
  return isRolling(deployment) ? shareProportionally(deployment, active) : new Map()
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = desired(deployment)
  const noted = Number(set.metadata.annotations?.[desiredReplicasAnnotation] ?? Number.NaN)
  return replicasOf(set) === wanted && noted === wanted && availableOf(set) === wanted
}

function shareProportionally(deployment: Deployment, active: readonly ReplicaSet[]): Sizes {
  const wanted = desired(deployment)
  const allowed = wanted > 0 ? wanted + bounds(deployment).maxSurge : 0
  const toAdd = allowed - sum(active, replicasOf)
  // The larger set takes its share first; among equals the newer when growing, the older when shrinking.
  const newerFirst = toAdd > 0 ? -1 : 1
  const ordered = active.toSorted((a, b) => replicasOf(b) - replicasOf(a) || newerFirst * oldestFirst(a, b))
  let added = 0
  const sizes = new Map<string, number>()
  for (const set of ordered) {
    const share = proportion(deployment, set, toAdd, added)
    sizes.set(set.metadata.name, replicasOf(set) + share)
    added += share
  }
  const [largest] = ordered
  if (largest !== undefined) {
    const { name } = largest.metadata
    sizes.set(name, Math.max(0, (sizes.get(name) ?? 0) + toAdd - added))
  }
  return sizes
}

function proportion(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  if (toAdd === 0 || toAdd === added) return 0
  const left = toAdd - added
  const fraction = fractionOf(deployment, set)
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left)
}

function fractionOf(deployment: Deployment, set: ReplicaSet): number {
  if (desired(deployment) === 0) return -replicasOf(set)
  const maxNow = desired(deployment) + bounds(deployment).maxSurge
  const noted = Number(set.metadata.annotations?.[maxReplicasAnnotation] ?? 0)
  const maxBefore = noted > 0 ? noted : (deployment.status.replicas ?? 0)
  if (maxBefore === 0) return 0
  return Math.round((replicasOf(set) * maxNow) / maxBefore) - replicasOf(set)
}
