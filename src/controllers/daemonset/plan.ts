import type { DaemonSet, DaemonSetStatus } from "../../api/apps/v1/daemon-set.ts"
import type { Node } from "../../api/core/v1/node.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { resolveCount } from "../../machinery/quantity/int-or-string.ts"
import { isAvailable, isReady, isTerminating } from "../pods/pod-state.ts"
import { nodeOf, REVISION_LABEL, suitability } from "./placement.ts"

export type Step =
  | { readonly do: "create"; readonly node: string }
  | { readonly do: "delete"; readonly pod: Pod }
  /** Its pod failed there: after a pause it is deleted, and another is made. */
  | { readonly do: "replaceFailed"; readonly pod: Pod }
  /** It should not have ended, but did so well. */
  | { readonly do: "replaceSucceeded"; readonly pod: Pod }

export interface World {
  readonly set: DaemonSet
  /** Pods of the set. */
  readonly pods: readonly Pod[]
  readonly nodes: readonly Node[]
  /** Of the current template. */
  readonly hash: string
  readonly nowMs: number
}

/** One pod on each suitable node, none elsewhere; then, as far as the update strategy allows, the current template. */
export function plan(world: World): readonly Step[] {
  const placed = byNode(world.pods)
  const steps: Step[] = []
  for (const node of world.nodes) {
    const { name } = node.metadata
    steps.push(...onNode(world, node, placed.get(name) ?? []))
    placed.delete(name)
  }
  // What is left is meant for nodes that are gone; the pod garbage collector ends what ran there.
  for (const pods of placed.values()) {
    for (const pod of pods) if (!isTerminating(pod) && !pod.spec.nodeName) steps.push({ do: "delete", pod })
  }
  return steps.length > 0 ? steps : update(world)
}

function onNode(world: World, node: Node, pods: readonly Pod[]): readonly Step[] {
  const { run, stay } = suitability(world.set, node)
  const alive = pods.filter((pod) => !isTerminating(pod))
  if (!stay) return alive.map((pod) => ({ do: "delete", pod }))
  const surging = maxSurge(world.set, world.nodes.length) > 0
  const running: Pod[] = []
  const steps: Step[] = []
  for (const pod of alive) {
    if (pod.status.phase === "Failed") steps.push({ do: "replaceFailed", pod })
    else if (pod.status.phase === "Succeeded") steps.push({ do: "replaceSucceeded", pod })
    else running.push(pod)
  }
  // A pod that is ending still holds its ports and files there, unless two may stand side by side.
  const isFree = surging ? running.length === 0 : pods.length === 0
  if (isFree && run) return [...steps, { do: "create", node: node.metadata.name }]
  const extra = surging ? duringSurge(world, running) : running.toSorted(oldestFirst).slice(1)
  return [...steps, ...extra.map((pod) => ({ do: "delete", pod }) as const)]
}

/**
 * The pods that are too many: with a surge, an old pod and its successor may stand side by side as long as the old one is
 * ready and its successor is not available.
 */
function duringSurge(world: World, alive: readonly Pod[]): readonly Pod[] {
  const current = alive.filter((pod) => isCurrent(world, pod)).toSorted(oldestFirst)
  const old = alive.filter((pod) => !isCurrent(world, pod)).toSorted(oldestFirst)
  const [successor, ...extra] = current
  const [oldest] = old
  const isReplaced =
    successor !== undefined && oldest !== undefined && (!isReady(oldest) || available(world, successor))
  return [...extra, ...(isReplaced ? old : old.slice(1))]
}

function update(world: World): readonly Step[] {
  const { set, pods, nodes } = world
  if (set.spec.updateStrategy.type === "OnDelete") return []
  const suitable = nodes.filter((node) => suitability(set, node).run)
  const placed = byNode(pods)
  const surge = maxSurge(set, suitable.length)
  return surge > 0 ? surgeSteps(world, suitable, placed, surge) : replaceSteps(world, suitable, placed)
}

function replaceSteps(
  world: World,
  nodes: readonly Node[],
  placed: ReadonlyMap<string, readonly Pod[]>,
): readonly Step[] {
  let allowed = resolveCount(world.set.spec.updateStrategy.rollingUpdate?.maxUnavailable ?? 1, nodes.length, true)
  const cheap: Pod[] = []
  const costly: Pod[] = []
  for (const { metadata } of nodes) {
    const alive = (placed.get(metadata.name) ?? []).filter((pod) => !isTerminating(pod))
    const [pod] = alive
    if (pod === undefined || !available(world, pod)) allowed--
    if (pod === undefined || isCurrent(world, pod)) continue
    if (available(world, pod)) costly.push(pod)
    else cheap.push(pod)
  }
  // Pods that are not available are replaced whatever the limit: nothing is lost by it.
  return [...cheap, ...costly.slice(0, Math.max(0, allowed))].map((pod) => ({ do: "delete", pod }))
}

function surgeSteps(
  world: World,
  nodes: readonly Node[],
  placed: ReadonlyMap<string, readonly Pod[]>,
  surge: number,
): readonly Step[] {
  let allowed = surge
  const candidates: string[] = []
  const free: string[] = []
  for (const { metadata } of nodes) {
    const alive = (placed.get(metadata.name) ?? []).filter((pod) => !isTerminating(pod))
    const old = alive.filter((pod) => !isCurrent(world, pod))
    if (old.length === 0) continue
    if (alive.length > old.length) allowed--
    else if (old.some((pod) => available(world, pod))) candidates.push(metadata.name)
    else free.push(metadata.name)
  }
  return [...free, ...candidates.slice(0, Math.max(0, allowed))].map((node) => ({ do: "create", node }))
}

function maxSurge({ spec }: DaemonSet, nodes: number): number {
  const { type, rollingUpdate } = spec.updateStrategy
  return type === "OnDelete" ? 0 : resolveCount(rollingUpdate?.maxSurge ?? 0, nodes, true)
}

const isCurrent = ({ hash }: World, pod: Pod): boolean => pod.metadata.labels?.[REVISION_LABEL] === hash
const available = ({ set, nowMs }: World, pod: Pod): boolean =>
  !isTerminating(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)
const byNode = (pods: readonly Pod[]) => Map.groupBy(pods, nodeOf)

function oldestFirst(a: Pod, b: Pod): number {
  const [x, y] = [a.metadata, b.metadata]
  if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp ? -1 : 1
  return x.name < y.name ? -1 : 1
}

/** How far the set is, counted by nodes. */
export function statusOf(world: World): DaemonSetStatus {
  const { set, pods, nodes } = world
  const placed = byNode(pods)
  let [desired, current, mis, ready, updated, availableCount] = [0, 0, 0, 0, 0, 0]
  for (const node of nodes) {
    const here = (placed.get(node.metadata.name) ?? []).toSorted(oldestFirst)
    if (!suitability(set, node).run) {
      if (here.length > 0) mis++
      continue
    }
    desired++
    if (here.length === 0) continue
    current++
    // The oldest counts, except that any that is ready or available makes its node so.
    if (here.some((pod) => isReady(pod) && !isTerminating(pod))) ready++
    if (here.some((pod) => available(world, pod))) availableCount++
    if (here.some((pod) => isCurrent(world, pod) && !isTerminating(pod))) updated++
  }
  const { collisionCount, conditions } = set.status
  return {
    currentNumberScheduled: current,
    numberMisscheduled: mis,
    desiredNumberScheduled: desired,
    numberReady: ready,
    observedGeneration: set.metadata.generation ?? 0,
    ...(updated > 0 && { updatedNumberScheduled: updated }),
    ...(availableCount > 0 && { numberAvailable: availableCount }),
    ...(desired > availableCount && { numberUnavailable: desired - availableCount }),
    ...(collisionCount !== undefined && { collisionCount }),
    ...(conditions !== undefined && { conditions }),
  }
}
