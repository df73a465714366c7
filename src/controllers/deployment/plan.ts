import type { Deployment } from "../../api/apps/v1/deployment.ts"
import type { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import {
  annotationsOfNewest,
  desiredReplicasAnnotation,
  findNewest,
  maxReplicasAnnotation,
  revisionOf,
  sameTemplate,
} from "./revision.ts"
import { bounds, desired, isResize, nextSizeOfNewest, replicasOf, resize, shrinkOld } from "./scaling.ts"
import { isComplete } from "./status.ts"

/** What to do next. A plan is one phase of a rollout; carrying it out changes replica sets, which asks for the next. */
export type Step =
  | { readonly do: "createNewest"; readonly revision: bigint; readonly replicas: number }
  | { readonly do: "update"; readonly set: ReplicaSet; readonly replicas: number; readonly annotations: Annotations }
  | { readonly do: "noteRevision"; readonly revision: string }
  | { readonly do: "deleteSet"; readonly set: ReplicaSet }
export type Annotations = Readonly<Record<string, string>>

export interface World {
  readonly deployment: Deployment
  /** Replica sets that the deployment controls. */
  readonly sets: readonly ReplicaSet[]
  /** True while pods of old revisions exist, in whatever state; Recreate waits for them. */
  readonly oldPodsExist: boolean
}

export interface Sorted {
  readonly newest: ReplicaSet | undefined
  readonly old: readonly ReplicaSet[]
}

export function sortSets(deployment: Deployment, sets: readonly ReplicaSet[]): Sorted {
  const newest = findNewest(deployment, sets)
  return { newest, old: sets.filter((set) => set !== newest) }
}

/** The next phase: note the revision, follow a resize, replace pods, or clear away old revisions. */
export function plan({ deployment, sets, oldPodsExist }: World): readonly Step[] {
  const { newest, old } = sortSets(deployment, sets)
  const revision = old.map(revisionOf).reduce((highest, one) => (one > highest ? one : highest), 0n) + 1n
  if (deployment.spec.paused || isResize(deployment, sets)) {
    return [
      ...noteRevision(deployment, newest),
      ...resizeSteps(deployment, newest, old),
      ...tidy(deployment, newest, old),
    ]
  }
  if (deployment.spec.strategy.type === "Recreate") return recreate(deployment, newest, old, revision, oldPodsExist)
  if (newest === undefined) {
    return [{ do: "createNewest", revision, replicas: nextSizeOfNewest(deployment, old, 0) }]
  }
  const upkeep = keepNewest(deployment, newest, revision)
  if (upkeep.length > 0) return upkeep
  const size = nextSizeOfNewest(deployment, sets, replicasOf(newest))
  if (size !== replicasOf(newest)) return [resized(deployment, newest, size)]
  const smaller = shrinkOld(deployment, newest, old)
  if (smaller.size > 0) return old.flatMap((set) => toSize(deployment, set, smaller))
  return tidy(deployment, newest, old)
}

function recreate(
  deployment: Deployment,
  newest: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  revision: bigint,
  oldPodsExist: boolean,
): readonly Step[] {
  const active = old.filter((set) => replicasOf(set) > 0)
  if (active.length > 0) return active.map((set) => resized(deployment, set, 0))
  if (oldPodsExist) return []
  if (newest === undefined) return [{ do: "createNewest", revision, replicas: desired(deployment) }]
  const upkeep = keepNewest(deployment, newest, revision)
  if (upkeep.length > 0) return upkeep
  if (replicasOf(newest) !== desired(deployment)) return [resized(deployment, newest, desired(deployment))]
  return tidy(deployment, newest, old)
}

/** The newest set carries the deployment's annotations, the highest revision and the current minReadySeconds. */
function keepNewest(deployment: Deployment, newest: ReplicaSet, revision: bigint): readonly Step[] {
  const current = newest.metadata.annotations ?? {}
  const annotations = annotationsOfNewest(deployment, current, revision)
  const changed = Object.entries(annotations).some(([key, value]) => current[key] !== value)
  const slower = (newest.spec.minReadySeconds ?? 0) !== (deployment.spec.minReadySeconds ?? 0)
  if (changed || slower) return [{ do: "update", set: newest, replicas: replicasOf(newest), annotations }]
  return noteRevision(deployment, newest)
}

function noteRevision(deployment: Deployment, newest: ReplicaSet | undefined): readonly Step[] {
  const revision = newest === undefined ? 0n : revisionOf(newest)
  return revision === 0n || revisionOf(deployment) === revision
    ? []
    : [{ do: "noteRevision", revision: String(revision) }]
}

function resizeSteps(
  deployment: Deployment,
  newest: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): readonly Step[] {
  const sizes = resize(deployment, newest, old)
  const all = newest === undefined ? old : [...old, newest]
  return all.flatMap((set) => toSize(deployment, set, sizes))
}

function toSize(deployment: Deployment, set: ReplicaSet, sizes: ReadonlyMap<string, number>): readonly Step[] {
  const size = sizes.get(set.metadata.name)
  if (size === undefined) return []
  const step = resized(deployment, set, size)
  const before = set.metadata.annotations ?? {}
  const noted = sizeAnnotations(deployment).every(([key, value]) => before[key] === value)
  return size === replicasOf(set) && noted ? [] : [step]
}

function resized(deployment: Deployment, set: ReplicaSet, replicas: number): Step {
  const annotations = { ...set.metadata.annotations, ...Object.fromEntries(sizeAnnotations(deployment)) }
  return { do: "update", set, replicas, annotations }
}

/** Noted on each set when it is sized, to tell a resize of the deployment from a step of a rollout. */
export function sizeAnnotations(deployment: Deployment): readonly (readonly [string, string])[] {
  const wanted = desired(deployment)
  return [
    [desiredReplicasAnnotation, String(wanted)],
    [maxReplicasAnnotation, String(wanted + bounds(deployment).maxSurge)],
  ]
}

/** Old revisions beyond the history limit, once the rollout is complete. */
function tidy(deployment: Deployment, newest: ReplicaSet | undefined, old: readonly ReplicaSet[]): readonly Step[] {
  const limit = deployment.spec.revisionHistoryLimit
  if (limit === undefined || (!deployment.spec.paused && !isComplete(deployment, deployment.status))) return []
  if (newest !== undefined && !sameTemplate(newest.spec.template, deployment.spec.template)) return []
  const alive = old.filter((set) => set.metadata.deletionTimestamp === undefined)
  return alive
    .toSorted((a, b) => Number(revisionOf(a) - revisionOf(b)))
    .slice(0, Math.max(0, alive.length - limit))
    .filter(
      (set) =>
        replicasOf(set) === 0 &&
        set.status.replicas === 0 &&
        (set.status.observedGeneration ?? 0) >= (set.metadata.generation ?? 0),
    )
    .map((set) => ({ do: "deleteSet", set }))
}
