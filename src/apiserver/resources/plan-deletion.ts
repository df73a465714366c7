import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { conflict } from "../../machinery/status/errors.ts"
import { timeFromMs, timeToMs } from "../../machinery/time/timestamp.ts"
import type { Deletion } from "./deletion-options.ts"
import { type DraftMeta, type DraftObject, toDraft } from "./draft.ts"
import type { ResourceHooks } from "./hooks.ts"
import { isSame } from "./prepare.ts"

/**
 * What deleting an object means, given its state:
 *
 *     exists ──▶ terminating (deletionTimestamp, grace period) ──▶ gone
 *       │                ▲      finalizers, or time to end            ▲
 *       └────────────────┴────────────────────────────────────────────┘
 */
export type DeletionPlan =
  | { readonly do: "remove" }
  /** Store this: somebody else will finish. */
  | { readonly do: "mark"; readonly draft: DraftObject }
  /** It is ending already, and nothing asked for now changes that. */
  | { readonly do: "wait" }

export const ORPHAN_FINALIZER = "orphan"
export const FOREGROUND_FINALIZER = "foregroundDeletion"

/** Throws a conflict when a precondition does not hold. */
export function planDeletion(
  resource: AnyResource,
  old: KubeObject,
  deletion: Deletion,
  hooks: ResourceHooks,
  nowMs: number,
): DeletionPlan {
  checkPreconditions(resource, old, deletion)
  const blocked = hooks.blocksDeletion?.(old) ?? false
  if (blocked && old.metadata.deletionTimestamp) return { do: "wait" }
  const draft = toDraft(old)
  const meta = draft.metadata
  const graceful = blocked ? "no" : startGrace(resource, old, meta, deletion, nowMs)
  if (graceful === "pending") return { do: "wait" }
  const finalizers = finalizersAfter(resource, meta.finalizers ?? [], deletion)
  if (finalizers.length > 0) meta.finalizers = finalizers
  else delete meta.finalizers
  if (blocked) {
    meta.deletionTimestamp = timeFromMs(nowMs)
    hooks.markDeleting?.(draft)
    return { do: "mark", draft }
  }
  if (finalizers.length > 0) {
    if (graceful === "no") markDeleting(meta, nowMs)
    return isSame(draft, old) ? { do: "wait" } : { do: "mark", draft }
  }
  return graceful === "yes" && meta.deletionGracePeriodSeconds !== 0 ? { do: "mark", draft } : { do: "remove" }
}

function checkPreconditions(resource: AnyResource, { metadata }: KubeObject, { uid, resourceVersion }: Deletion): void {
  const { name } = metadata
  // Kubernetes names the kind here where it names the resource elsewhere.
  const of = { group: resource.group, resource: resource.kind }
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`
    throw conflict(of, name, why)
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`
    throw conflict(of, name, why)
  }
}

/** Gives kinds that end gracefully their time. "no": the kind, or this object, needs none. */
function startGrace(
  { strategy }: AnyResource,
  old: KubeObject,
  meta: DraftMeta,
  { gracePeriodSeconds: asked }: Deletion,
  nowMs: number,
): "yes" | "no" | "pending" {
  if (strategy.gracePeriodSeconds === undefined) return "no"
  const { deletionTimestamp, deletionGracePeriodSeconds: running } = old.metadata
  if (deletionTimestamp) {
    if (running === undefined || running === 0) return "no"
    // Time that was given can only be shortened.
    if (asked === undefined || asked >= running) return "pending"
    const startedMs = timeToMs(deletionTimestamp) - running * 1000
    const untilMs = startedMs + asked * 1000
    meta.deletionTimestamp = timeFromMs(Math.max(untilMs, nowMs))
    // Somebody still has to see that it ends.
    meta.deletionGracePeriodSeconds = untilMs < nowMs && asked !== 0 ? 1 : asked
    return "yes"
  }
  const seconds = strategy.gracePeriodSeconds(old as never, asked)
  meta.deletionTimestamp = timeFromMs(nowMs + seconds * 1000)
  meta.deletionGracePeriodSeconds = seconds
  if (meta.generation) meta.generation++
  return "yes"
}

function markDeleting(meta: DraftMeta, nowMs: number): void {
  if (!meta.deletionTimestamp && meta.generation) meta.generation++
  if (!meta.deletionTimestamp || timeToMs(meta.deletionTimestamp) > nowMs) meta.deletionTimestamp = timeFromMs(nowMs)
  meta.deletionGracePeriodSeconds = 0
}

/** Adds or removes the garbage collector's finalizers, by what was asked or else by what is there already. */
export function finalizersAfter(resource: AnyResource, present: readonly string[], deletion: Deletion): string[] {
  const others = present.filter((name) => name !== ORPHAN_FINALIZER && name !== FOREGROUND_FINALIZER)
  const policy = policyOf(resource, present, deletion)
  if (policy === "Orphan") return [...others, ORPHAN_FINALIZER]
  return policy === "Foreground" ? [...others, FOREGROUND_FINALIZER] : others
}

function policyOf(resource: AnyResource, present: readonly string[], deletion: Deletion): string {
  const { dependents } = resource.strategy
  if (dependents === "none") return "Background"
  const { orphanDependents, propagationPolicy } = deletion
  if (orphanDependents !== undefined) return orphanDependents ? "Orphan" : "Background"
  if (propagationPolicy !== undefined) return propagationPolicy
  for (const name of present) {
    if (name === ORPHAN_FINALIZER) return "Orphan"
    if (name === FOREGROUND_FINALIZER) return "Foreground"
  }
  return dependents === "orphan" ? "Orphan" : "Background"
}
