import type { NodeIdentity } from "../../../api/core/v1/node-affinity.ts"
import type { PersistentVolume } from "../../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import { NO_PROVISIONER, SELECTED_NODE } from "../../../api/core/v1/volume-binding.ts"
import {
  classOfClaim,
  findMatchingVolume,
  isReachableFrom,
  requestedStorage,
} from "../../../api/core/v1/volume-matching.ts"
import type { CSIDriver } from "../../../api/storage/v1/csi-driver.ts"
import type { CSIStorageCapacity } from "../../../api/storage/v1/csi-storage-capacity.ts"
import type { StorageClass } from "../../../api/storage/v1/storage-class.ts"
import { compareQuantities } from "../../../machinery/quantity/quantity.ts"
import { hasCapacity } from "./storage-capacity.ts"

export const CONFLICT_REASONS = {
  affinity: "node(s) didn't match PersistentVolume's node affinity",
  binding: "node(s) didn't find available persistent volumes to bind",
  capacity: "node(s) did not have enough free storage",
  missing: "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
} as const

/** What a pod's volumes need on the node that it is put on. */
export interface PodVolumes {
  /** Volumes that are there, and the claims to bind them to. */
  readonly bindings: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[]
  /** Claims for which volumes are to be made. */
  readonly provisions: readonly PersistentVolumeClaim[]
}

/** The claims of a pod, as far as it can be scheduled at all. */
export interface PodVolumeClaims {
  readonly bound: readonly PersistentVolumeClaim[]
  /** Those that wait for the scheduler to choose a node. */
  readonly waiting: readonly PersistentVolumeClaim[]
}

export interface StorageView {
  readonly volume: (name: string) => PersistentVolume | undefined
  /** Volumes of a class. */
  readonly volumesOf: (className: string) => readonly PersistentVolume[]
  readonly storageClass: (name: string) => StorageClass | undefined
  readonly driver: (name: string) => CSIDriver | undefined
  readonly capacities: () => readonly CSIStorageCapacity[]
}

/**
 * What the claims need on this node, or why it cannot be: a bound volume must be reachable from there, and for claims
 * that wait there must be free volumes, or somebody who can make them. Throws when a class has gone missing.
 */
export function findVolumes(
  { bound, waiting }: PodVolumeClaims,
  node: NodeIdentity,
  view: StorageView,
): PodVolumes | readonly string[] {
  const ofBound = checkBound(bound, node, view)
  const ofWaiting = place(waiting, node, view)
  const reasons = [
    ...(ofBound === CONFLICT_REASONS.affinity ? [ofBound] : []),
    ...(typeof ofWaiting === "string" ? [ofWaiting] : []),
    ...(ofBound === CONFLICT_REASONS.missing ? [ofBound] : []),
  ]
  return typeof ofWaiting === "string" || reasons.length > 0 ? reasons : ofWaiting
}

function checkBound(claims: readonly PersistentVolumeClaim[], node: NodeIdentity, view: StorageView) {
  for (const { spec } of claims) {
    const volume = view.volume(spec.volumeName ?? "")
    if (volume === undefined) return CONFLICT_REASONS.missing
    if (!isReachableFrom(volume, node)) return CONFLICT_REASONS.affinity
  }
  return undefined
}

function place(claims: readonly PersistentVolumeClaim[], node: NodeIdentity, view: StorageView): PodVolumes | string {
  const bindings: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = []
  const provisions: PersistentVolumeClaim[] = []
  const selectedNode = ({ metadata }: PersistentVolumeClaim) => metadata.annotations?.[SELECTED_NODE]
  const unselected = claims.filter((claim) => selectedNode(claim) === undefined)
  for (const claim of claims) {
    const selected = selectedNode(claim)
    if (selected === undefined) continue
    // Its volume is being made for another node.
    if (selected !== node.name) return CONFLICT_REASONS.binding
    provisions.push(claim)
  }
  const excluded = new Set<string>()
  // Small claims first, so that none takes a volume that a larger one would need.
  for (const claim of unselected.toSorted((a, b) => compareQuantities(requestedStorage(a), requestedStorage(b)))) {
    const volume = findMatchingVolume(claim, view.volumesOf(classOfClaim(claim)), { node, excluded })
    if (volume === undefined) provisions.push(claim)
    else {
      excluded.add(volume.metadata.name)
      bindings.push({ claim, volume })
    }
  }
  for (const claim of provisions) {
    const why = whyNotProvisioned(claim, node, view)
    if (why !== undefined) return why
  }
  return { bindings, provisions }
}

function whyNotProvisioned(claim: PersistentVolumeClaim, node: NodeIdentity, view: StorageView): string | undefined {
  const { namespace, name } = claim.metadata
  const className = classOfClaim(claim)
  if (className === "") throw new Error(`no class for claim "${namespace}/${name}"`)
  const storageClass = view.storageClass(className)
  if (storageClass === undefined) throw new Error(`failed to find storage class "${className}"`)
  if (storageClass.provisioner === "" || storageClass.provisioner === NO_PROVISIONER) return CONFLICT_REASONS.binding
  if (!allows(storageClass, node)) return CONFLICT_REASONS.binding
  return hasCapacity(claim, storageClass, node, view) ? undefined : CONFLICT_REASONS.capacity
}

/** Whether volumes of the class can be made for the node. */
function allows({ allowedTopologies = [] }: StorageClass, { labels }: NodeIdentity): boolean {
  if (allowedTopologies.length === 0) return true
  return allowedTopologies.some(({ matchLabelExpressions = [] }) => {
    if (matchLabelExpressions.length === 0) return false
    return matchLabelExpressions.every(
      ({ key, values }) => Object.hasOwn(labels, key) && values.includes(labels[key] ?? ""),
    )
  })
}
