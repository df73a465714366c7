import type { OwnerReference } from "../../machinery/meta/object-meta.ts"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import type { Placed } from "./graph.ts"

export const foregroundFinalizer = "foregroundDeletion"
export const orphanFinalizer = "orphan"

/** What is known of an object's owner. `waiting`: being deleted in the foreground, until its dependents are gone. */
export type OwnerState = "present" | "waiting" | "gone"

export type Step =
  | { readonly do: "delete"; readonly target: Placed; readonly policy: "Background" | "Foreground" | "Orphan" }
  /** Drops references to owners that no longer exist, or that let their dependents go. */
  | { readonly do: "dropOwners"; readonly target: Placed; readonly uids: readonly string[] }
  /** Lets owners go before this object. */
  | { readonly do: "unblockOwners"; readonly target: Placed }
  | { readonly do: "dropFinalizer"; readonly target: Placed; readonly finalizer: string }

/**
 * What the garbage collector does about one object.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
export function plan(
  target: Placed,
  dependents: Iterable<Placed>,
  ownerState: (reference: OwnerReference) => OwnerState,
): readonly Step[] {
  const { object } = target
  const finalizers = object.metadata.finalizers ?? []
  const going = object.metadata.deletionTimestamp !== undefined
  if (going && finalizers.includes(orphanFinalizer)) return orphan(target, dependents)
  if (going && finalizers.includes(foregroundFinalizer)) return inForeground(target, dependents)
  if (going) return []
  return collect(target, dependents, ownerState)
}

function orphan(target: Placed, dependents: Iterable<Placed>): readonly Step[] {
  const { uid } = target.object.metadata
  const all = [...dependents]
  if (all.length === 0) return [{ do: "dropFinalizer", target, finalizer: orphanFinalizer }]
  return all.map((dependent) => ({ do: "dropOwners", target: dependent, uids: [uid] }))
}

/** The dependents decide for themselves, in `collect`: one that has another owner stays. */
function inForeground(target: Placed, dependents: Iterable<Placed>): readonly Step[] {
  const { uid } = target.object.metadata
  const isBlocked = Iterator.from(dependents).some(({ object }) =>
    object.metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion),
  )
  return isBlocked ? [] : [{ do: "dropFinalizer", target, finalizer: foregroundFinalizer }]
}

function collect(
  target: Placed,
  dependents: Iterable<Placed>,
  ownerState: (reference: OwnerReference) => OwnerState,
): readonly Step[] {
  const references = target.object.metadata.ownerReferences ?? []
  if (references.length === 0) return []
  const states = references.map((reference) => ({ reference, state: ownerState(reference) }))
  const of = (state: OwnerState) =>
    states.filter((owner) => owner.state === state).map(({ reference }) => reference.uid)
  const [present, waiting, gone] = [of("present"), of("waiting"), of("gone")]
  if (present.length > 0) {
    const dropped = [...gone, ...waiting]
    return dropped.length === 0 ? [] : [{ do: "dropOwners", target, uids: dropped }]
  }
  if (waiting.length > 0 && Iterator.from(dependents).some(() => true)) {
    // A dependent that waits as well may be part of a circle, which is broken here.
    const mayBeCircle = Iterator.from(dependents).some(({ object: { metadata } }) => {
      return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(foregroundFinalizer)
    })
    const steps: Step[] = mayBeCircle ? [{ do: "unblockOwners", target }] : []
    return [...steps, { do: "delete", target, policy: "Foreground" }]
  }
  return [{ do: "delete", target, policy: existingPolicy(target.object) }]
}

/** A policy that the object already asks for by its finalizers is kept. */
function existingPolicy(object: KubeObject): "Background" | "Foreground" | "Orphan" {
  const finalizers = object.metadata.finalizers ?? []
  if (finalizers.includes(orphanFinalizer)) return "Orphan"
  return finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background"
}
