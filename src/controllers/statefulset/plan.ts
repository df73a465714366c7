import type { StatefulSet, StatefulSetStatus } from "../../api/apps/v1/stateful-set.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { resolveCount } from "../../machinery/quantity/int-or-string.ts"
import { isAvailable, isReady, isTerminating } from "../pods/pod-state.ts"
import { firstOrdinal, isWanted, ordinalOf, revisionOf } from "./identity.ts"

export type Step =
  | { readonly do: "create"; readonly ordinal: number; readonly revision: "current" | "update" }
  | { readonly do: "delete"; readonly pod: Pod; readonly why: "failed" | "scale" | "update" }

export interface World {
  readonly set: StatefulSet
  /** Pods of the set. */
  readonly pods: readonly Pod[]
  /** Names of the revisions that pods are updated from and to. */
  readonly currentRevision: string
  readonly updateRevision: string
  readonly nowMs: number
}

/**
 * The next steps: first every number has its pod, from the lowest up; then pods beyond the size go, from the highest
 * down; then pods of the old revision are replaced, from the highest down. In order, each pod waits for the one before.
 */
export function plan(world: World): readonly Step[] {
  const { set } = world
  const inOrder = set.spec.podManagementPolicy !== "Parallel"
  const { wanted, condemned } = sort(world)
  const steps: Step[] = []
  for (const [ordinal, pod] of wanted) {
    if (pod === undefined) steps.push({ do: "create", ordinal, revision: revisionFor(world, ordinal) })
    else if (hasEnded(pod)) steps.push({ do: "delete", pod, why: "failed" })
    else if (isHealthy(world, pod)) continue
    if (inOrder) return steps
  }
  // Only the lowest of all may go unhealthy as it is: nobody after it would notice.
  const upwards = [...wanted.values(), ...condemned.toReversed()]
  const firstUnhealthy = upwards.find((pod) => pod !== undefined && !isHealthy(world, pod))
  for (const pod of condemned) {
    const waits = isTerminating(pod) || (inOrder && !isHealthy(world, pod) && pod !== firstUnhealthy)
    if (!waits) steps.push({ do: "delete", pod, why: "scale" })
    if (inOrder) return steps
  }
  return steps.length > 0 ? steps : replacements(world, wanted)
}

interface Sorted {
  /** By number, ascending; undefined where a pod is missing. */
  readonly wanted: ReadonlyMap<number, Pod | undefined>
  /** Beyond the size, the highest number first. */
  readonly condemned: readonly Pod[]
}

function sort({ set, pods }: World): Sorted {
  const start = firstOrdinal(set)
  const end = start + (set.spec.replicas ?? 1)
  const byOrdinal = new Map(pods.flatMap((pod) => [[ordinalOf(set, pod) ?? -1, pod] as const]))
  byOrdinal.delete(-1)
  const wanted = new Map<number, Pod | undefined>()
  for (let ordinal = start; ordinal < end; ordinal++) wanted.set(ordinal, byOrdinal.get(ordinal))
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => !isWanted(set, ordinal))
    .sort(([a], [b]) => b - a)
    .map(([, pod]) => pod)
  return { wanted, condemned }
}

/** Below the partition, pods that are made anew keep the old template. */
function revisionFor({ set }: World, ordinal: number): "current" | "update" {
  const { type, rollingUpdate } = set.spec.updateStrategy
  if (type === "OnDelete") return "update"
  const start = firstOrdinal(set)
  const partition = rollingUpdate?.partition
  const kept = partition === undefined ? (set.status.currentReplicas ?? 0) : partition
  return ordinal < start + kept ? "current" : "update"
}

function replacements(world: World, wanted: Sorted["wanted"]): readonly Step[] {
  const { set, updateRevision } = world
  const { type, rollingUpdate } = set.spec.updateStrategy
  if (type === "OnDelete") return []
  const from = firstOrdinal(set) + (rollingUpdate?.partition ?? 0)
  const pods = [...wanted].filter(([ordinal]) => ordinal >= from).toReversed()
  const maxUnavailable = rollingUpdate?.maxUnavailable
  if (maxUnavailable !== undefined) {
    const missing = [...wanted.values()].filter((pod) => pod === undefined || !isHealthy(world, pod)).length
    const missingMax = Math.max(1, resolveCount(maxUnavailable, set.spec.replicas ?? 1, false))
    return pods
      .flatMap(([, pod]) =>
        pod === undefined || revisionOf(pod) === updateRevision || isTerminating(pod) ? [] : [pod],
      )
      .slice(0, Math.max(0, missingMax - missing))
      .map((pod) => ({ do: "delete", pod, why: "update" }))
  }
  for (const [, pod] of pods) {
    if (pod === undefined) return []
    if (revisionOf(pod) !== updateRevision && !isTerminating(pod)) return [{ do: "delete", pod, why: "update" }]
    if (!isHealthy(world, pod)) return []
  }
  return []
}

const hasEnded = ({ status }: Pod): boolean => status.phase === "Failed" || status.phase === "Succeeded"
const isHealthy = ({ set, nowMs }: World, pod: Pod): boolean =>
  !isTerminating(pod) && pod.status.phase === "Running" && isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)

/** How far the set is. When all pods are updated and ready, the update revision becomes the current one. */
export function statusOf(world: World): StatefulSetStatus {
  const { set, pods, updateRevision, nowMs } = world
  const wanted = set.spec.replicas ?? 1
  const alive = pods.filter((pod) => !isTerminating(pod))
  const count = (holds: (pod: Pod) => boolean) => pods.filter(holds).length
  const ready = count((pod) => isReady(pod) && pod.status.phase === "Running")
  const available = count(
    (pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs) && pod.status.phase === "Running",
  )
  const updated = alive.filter((pod) => revisionOf(pod) === updateRevision).length
  const isRolling = set.spec.updateStrategy.type !== "OnDelete"
  const done = isRolling && updated === wanted && pods.length === wanted && ready === wanted
  const currentRevision = done ? updateRevision : world.currentRevision
  const current = alive.filter((pod) => revisionOf(pod) === currentRevision).length
  const { collisionCount, conditions } = set.status
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    ...(ready > 0 && { readyReplicas: ready }),
    ...(current > 0 && { currentReplicas: current }),
    ...(updated > 0 && { updatedReplicas: updated }),
    currentRevision,
    updateRevision,
    collisionCount: collisionCount ?? 0,
    ...(conditions !== undefined && { conditions }),
    availableReplicas: available,
  }
}
