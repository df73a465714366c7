import { compareQuantities, parseQuantity, type Quantity } from "../../../machinery/quantity/quantity.ts"
import { compileLabelSelector, type LabelSelector } from "../../../machinery/selectors/label-selector.ts"
import { type NodeIdentity, nodeTerm } from "./node-affinity.ts"
import type { PersistentVolume } from "./persistent-volume.ts"
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts"
import { isBoundTo } from "./volume-binding.ts"
import { CLASS_ANNOTATION } from "./volume-warnings.ts"

/**
 * Which volume a claim gets: shared by the binder and the scheduler, so that both come to the same answer.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
 */

/** Whether the claim says which class it wants; the empty class is an answer too. */
export function claimHasClass({ metadata, spec }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[CLASS_ANNOTATION] !== undefined || spec.storageClassName !== undefined
}

/** The class that a claim asks for; empty: none. */
export function classOfClaim({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? ""
}

export function classOfVolume({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? ""
}

export function requestedStorage({ spec }: PersistentVolumeClaim): Quantity {
  return parseQuantity(spec.resources.requests?.["storage"] ?? "0")
}

export function storageCapacity({ spec }: PersistentVolume): Quantity {
  return parseQuantity(spec.capacity?.["storage"] ?? "0")
}

export function hasSameVolumeMode(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  return (claim.spec.volumeMode ?? "Filesystem") === (volume.spec.volumeMode ?? "Filesystem")
}

export function hasSameAttributesClass(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  return (claim.spec.volumeAttributesClassName ?? "") === (volume.spec.volumeAttributesClassName ?? "")
}

/** Whether the volume can be used in every way that the claim asks for. */
export function offersAccessModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode) ?? false)
}

/** Whether the volume can be reached from the node. Only the node's labels are looked at, as Kubernetes does it. */
export function isReachableFrom({ spec: { nodeAffinity } }: PersistentVolume, { labels }: NodeIdentity): boolean {
  const required = nodeAffinity?.required
  return required === undefined || required.nodeSelectorTerms.some((term) => nodeTerm(term)({ name: "", labels }))
}

export interface MatchOptions {
  /** Only volumes that this node reaches, and that offer the access modes: the scheduler's question. */
  readonly node?: NodeIdentity
  /** Names of volumes that are taken, by other claims of the same pod. */
  readonly excluded?: ReadonlySet<string>
  /** Only volumes that are kept for this claim already: the binder's question while the scheduler has to choose. */
  readonly onlyPrebound?: boolean
}

/**
 * The volume that is kept for the claim, or else the smallest one that is free and fits. Undefined: there is none.
 * Throws `SelectorError` on a selector that validation would refuse.
 */
export function findMatchingVolume(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  options: MatchOptions = {},
): PersistentVolume | undefined {
  const { node, excluded, onlyPrebound = false } = options
  const wanted = {
    claim,
    node,
    size: requestedStorage(claim),
    selector: claim.spec.selector === undefined ? undefined : compileLabelSelector(claim.spec.selector),
  }
  let smallest: { readonly volume: PersistentVolume; readonly size: Quantity } | undefined
  for (const volume of volumes) {
    if (excluded?.has(volume.metadata.name)) continue
    const kept = isBoundTo(volume, claim)
    if (volume.spec.claimRef !== undefined && !kept) continue
    const size = storageCapacity(volume)
    if (!canHold(volume, size, wanted)) continue
    if (kept) return node === undefined || isReachableFrom(volume, node) ? volume : undefined
    if (onlyPrebound && node === undefined) continue
    if (smallest !== undefined && compareQuantities(smallest.size, size) <= 0) continue
    if (isFreeFor(volume, wanted)) smallest = { volume, size }
  }
  return smallest?.volume
}

interface Wanted {
  readonly claim: PersistentVolumeClaim
  readonly node: NodeIdentity | undefined
  readonly size: Quantity
  readonly selector: LabelSelector | undefined
}

/** What even a volume that is kept for the claim must fulfil. */
function canHold(volume: PersistentVolume, size: Quantity, wanted: Wanted): boolean {
  return (
    compareQuantities(size, wanted.size) >= 0 &&
    hasSameVolumeMode(wanted.claim, volume) &&
    hasSameAttributesClass(wanted.claim, volume) &&
    volume.metadata.deletionTimestamp === undefined
  )
}

function isFreeFor(volume: PersistentVolume, { claim, node, selector }: Wanted): boolean {
  if (volume.status.phase !== "Available" || classOfVolume(volume) !== classOfClaim(claim)) return false
  if (selector !== undefined && !selector.matches(volume.metadata.labels)) return false
  return node === undefined || (isReachableFrom(volume, node) && offersAccessModes(volume, claim))
}
