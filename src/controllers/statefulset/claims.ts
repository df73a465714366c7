import type { StatefulSet } from "../../api/apps/v1/stateful-set.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { OwnerReference } from "../../machinery/meta/object-meta.ts"
import { controllerReference } from "../pods/claim.ts"
import { claimName, isWanted } from "./identity.ts"

/**
 * The storage of a set's pods. Who goes with whom is said by owner references, so that the garbage collector acts.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
 */

/** A pod of the set, also one that is about to be made. */
export interface Member {
  readonly ordinal: number
  /** Absent: there is no pod. */
  readonly uid?: string
  readonly name: string
}

/** The claims of the pod with this number. */
export function claimsOf(set: StatefulSet, ordinal: number) {
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    metadata: {
      name: claimName(set, metadata.name ?? "", ordinal),
      namespace: set.metadata.namespace,
      labels: { ...metadata.labels, ...set.spec.selector?.matchLabels },
      annotations: metadata.annotations,
    },
    spec,
  }))
}

/** True while a claim waits to go with an earlier pod of this name: a new pod must not take it up. */
export function isStale(claim: PersistentVolumeClaim, set: StatefulSet, pod: Member): boolean {
  return (
    deletesWhenScaled(set) && ownersOf(claim).some((reference) => isPod(reference, pod) && reference.uid !== pod.uid)
  )
}

/** The owner references that a claim should have; undefined when it has them, or when it is not ours to decide. */
export function wantedOwners(
  claim: PersistentVolumeClaim,
  set: StatefulSet,
  pod: Member,
): readonly OwnerReference[] | undefined {
  const owners = ownersOf(claim)
  const ours = owners.filter((reference) => isSet(reference, set) || isPod(reference, pod))
  // An earlier set or pod of the same name: the garbage collector settles that.
  if (ours.some(({ uid }) => uid !== set.metadata.uid && uid !== pod.uid)) return undefined
  const others = owners.filter((reference) => !ours.includes(reference))
  const wanted = hasConflictingController(claim, set, pod) ? [] : keepers(set, pod)
  const isSettled =
    ours.length === wanted.length &&
    wanted.every(({ uid }) => ours.some((reference) => reference.uid === uid && reference.controller))
  return isSettled ? undefined : [...others, ...wanted]
}

/** Whether something else controls a claim that the set's policy would delete. */
export function hasConflictingController(claim: PersistentVolumeClaim, set: StatefulSet, pod: Member): boolean {
  if (!deletesWhenScaled(set) && !deletesWithSet(set)) return false
  return ownersOf(claim).some(
    (reference) => !isSet(reference, set) && !isPod(reference, pod) && reference.controller === true,
  )
}

/** Whom the claim goes with. */
function keepers(set: StatefulSet, { name, ordinal, uid }: Member): readonly OwnerReference[] {
  const isScaledDown = deletesWhenScaled(set) && !isWanted(set, ordinal)
  if (isScaledDown && uid !== undefined) {
    return [controllerReference({ apiVersion: "v1", kind: "Pod", metadata: { ...set.metadata, name, uid } })]
  }
  return deletesWithSet(set) && !isScaledDown ? [controllerReference(set)] : []
}

const policy = ({ spec }: StatefulSet) => spec.persistentVolumeClaimRetentionPolicy
const deletesWhenScaled = (set: StatefulSet): boolean => policy(set)?.whenScaled === "Delete"
const deletesWithSet = (set: StatefulSet): boolean => policy(set)?.whenDeleted === "Delete"

const ownersOf = ({ metadata }: PersistentVolumeClaim): readonly OwnerReference[] => metadata.ownerReferences ?? []
const isSet = (reference: OwnerReference, { apiVersion, kind, metadata }: StatefulSet): boolean =>
  reference.apiVersion === apiVersion && reference.kind === kind && reference.name === metadata.name
const isPod = (reference: OwnerReference, { name }: Member): boolean =>
  reference.apiVersion === "v1" && reference.kind === "Pod" && reference.name === name
