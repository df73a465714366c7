import type { NamespacedMeta, StoredMeta } from "../../../machinery/schema/resource.ts"
import type { PersistentVolume } from "./persistent-volume.ts"
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts"
import type { ObjectReference } from "./references.ts"

/**
 * What binder, scheduler and provisioners tell each other on claims and volumes.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/
 */

/** On a claim: it has been bound once; from then on a missing volume means that data is lost. */
export const BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
/** On a claim or volume: the binder has set this side of the binding, not a user. */
export const BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
/** On a claim: the node that the scheduler has picked for the first pod that uses it. */
export const SELECTED_NODE = "volume.kubernetes.io/selected-node"
/** On a volume: the provisioner that made it. */
export const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
/** On a claim: the provisioner that is to make its volume. */
export const STORAGE_PROVISIONER = "volume.kubernetes.io/storage-provisioner"
export const BETA_STORAGE_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner"
/** On a claim or volume of a kind that a CSI driver has taken over: the name of that driver. */
export const MIGRATED_TO = "pv.kubernetes.io/migrated-to"
/** On a volume: whoever made it still has to remove what is behind it. */
export const PROVISIONER_FINALIZER = "external-provisioner.volume.kubernetes.io/finalizer"
/** The provisioner of classes whose volumes are all made by hand. */
export const NO_PROVISIONER = "kubernetes.io/no-provisioner"

interface Annotated {
  readonly metadata: Pick<StoredMeta, "annotations">
}

export const hasAnnotation = ({ metadata }: Annotated, name: string): boolean =>
  metadata.annotations?.[name] !== undefined

/** Whether the volume is kept for this claim, or bound to it. A reference without uid is meant for any claim of that name. */
export function isBoundTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef === undefined) return false
  if (claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false
  return !claimRef.uid || claimRef.uid === metadata.uid
}

/** The volume as one that is bound to the claim: itself when it is. */
export function boundToClaim(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { annotations } = volume.metadata
  const { claimRef } = volume.spec
  const byUs = !isBoundTo(volume, claim) && annotations?.[BOUND_BY_CONTROLLER] === undefined
  const { name, namespace, uid } = claim.metadata
  const complete = claimRef?.name === name && claimRef.namespace === namespace && claimRef.uid === uid
  if (complete && !byUs) return volume
  const metadata = { ...volume.metadata, annotations: { ...annotations, [BOUND_BY_CONTROLLER]: "yes" } }
  return {
    ...volume,
    metadata: byUs ? metadata : volume.metadata,
    spec: { ...volume.spec, claimRef: complete ? claimRef : claimReference(claim.metadata) },
  }
}

export function claimReference({ namespace, name, uid, resourceVersion }: NamespacedMeta): ObjectReference {
  return { kind: "PersistentVolumeClaim", namespace, name, uid, apiVersion: "v1", resourceVersion }
}
