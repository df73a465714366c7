import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  hasAnnotation,
  isBoundTo,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
} from "../../api/core/v1/volume-binding.ts"
import {
  claimHasClass,
  classOfClaim,
  classOfVolume,
  findMatchingVolume,
  hasSameAttributesClass,
  hasSameVolumeMode,
  offersAccessModes,
  requestedStorage,
  storageCapacity,
} from "../../api/core/v1/volume-matching.ts"
import type { StorageClass } from "../../api/storage/v1/storage-class.ts"
import type { EventType } from "../../client/event-recorder.ts"
import { keyOf } from "../../client/informer.ts"
import { quantityValue } from "../../machinery/quantity/quantity.ts"
import { provisioningBy } from "./provisioners.ts"

/**
 * What a claim needs next. A claim is Pending until it has a volume, then Bound for good, or Lost when its volume has
 * gone. https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
 */
export interface ClaimWorld {
  /** Free volumes, and those that are kept for this claim. */
  readonly volumes: readonly PersistentVolume[]
  volumeNamed(name: string): PersistentVolume | undefined
  /** The class that the claim asks for, if there is one of that name. */
  readonly storageClass: StorageClass | undefined
  /** The name of the class that claims get that do not ask for one. */
  readonly defaultClass: () => string | undefined
  /** Names of pods that use the claim and have no node yet. */
  readonly waitingPods: () => readonly string[]
}

export interface Told {
  readonly type: EventType
  readonly reason: string
  readonly message: string
}
export type ClaimStep =
  | { readonly do: "bind"; readonly volume: PersistentVolume }
  | { readonly do: "tell"; readonly event: Told }
  /** Of an event it is told only when the phase is a new one. */
  | { readonly do: "set-phase"; readonly phase: "Pending" | "Lost"; readonly event?: Told }
  | { readonly do: "assign-class"; readonly name: string }
  | { readonly do: "ask-provisioner"; readonly provisioner: string }
  /** Something that cannot be: try again later. */
  | { readonly do: "fail"; readonly message: string }

const normal = (reason: string, message: string): Told => ({ type: "Normal", reason, message })
const warning = (reason: string, message: string): Told => ({ type: "Warning", reason, message })
const tell = (event: Told): ClaimStep => ({ do: "tell", event })
const PENDING: ClaimStep = { do: "set-phase", phase: "Pending" }

export function planClaim(claim: PersistentVolumeClaim, world: ClaimWorld): readonly ClaimStep[] {
  if (hasAnnotation(claim, BIND_COMPLETED)) return [planBound(claim, world)]
  const { volumeName } = claim.spec
  return volumeName ? planRequested(claim, world.volumeNamed(volumeName)) : planAny(claim, world)
}

/** The claim takes whatever fits. */
function planAny(claim: PersistentVolumeClaim, world: ClaimWorld): readonly ClaimStep[] {
  const schedulerChooses = world.storageClass?.volumeBindingMode === "WaitForFirstConsumer"
  const volume = bestVolume(claim, world.volumes, schedulerChooses)
  if (volume !== undefined) return [{ do: "bind", volume }]
  const defaultClass = claimHasClass(claim) ? undefined : world.defaultClass()
  if (defaultClass !== undefined) return [{ do: "assign-class", name: defaultClass }]
  if (schedulerChooses && !hasAnnotation(claim, SELECTED_NODE)) {
    return [tell(waitingForConsumer(world.waitingPods())), PENDING]
  }
  const className = classOfClaim(claim)
  if (className !== "") return [planProvisioning(claim, className, world.storageClass)]
  const none = "no persistent volumes available for this claim and no storage class is set"
  return [tell(normal("FailedBinding", none)), PENDING]
}

/** Volumes that can be used in the fewest ways come first: what is rare is kept for those who need it. */
function bestVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  onlyPrebound: boolean,
): PersistentVolume | undefined {
  const offering = volumes.filter((volume) => offersAccessModes(volume, claim))
  const byModes = Map.groupBy(offering, ({ spec }) => (spec.accessModes ?? []).toSorted().join(","))
  const groups = [...byModes].toSorted(([a], [b]) => a.split(",").length - b.split(",").length)
  for (const [, group] of groups) {
    const found = findMatchingVolume(claim, group, { onlyPrebound })
    if (found !== undefined) return found
  }
  return undefined
}

function waitingForConsumer(pods: readonly string[]): Told {
  if (pods.length === 0)
    return normal("WaitForFirstConsumer", "waiting for first consumer to be created before binding")
  const them = pods.length === 1 ? `pod ${pods[0]}` : `pods ${pods.join(",")}`
  return normal("WaitForPodScheduled", `waiting for ${them} to be scheduled`)
}

function planProvisioning(
  claim: PersistentVolumeClaim,
  className: string,
  storageClass: StorageClass | undefined,
): ClaimStep {
  if (storageClass === undefined) {
    return tell(warning("ProvisioningFailed", `storageclass.storage.k8s.io "${className}" not found`))
  }
  const by = provisioningBy(storageClass.provisioner)
  if ("refusal" in by) return tell(warning("ProvisioningFailed", by.refusal))
  // The change of the claim brings it back here.
  if (claim.metadata.annotations?.[STORAGE_PROVISIONER] !== by.external) {
    return { do: "ask-provisioner", provisioner: by.external }
  }
  const message = `Waiting for a volume to be created either by the external provisioner '${by.external}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
  return tell(normal("ExternalProvisioning", message))
}

/** The claim names the volume that it wants. */
function planRequested(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): readonly ClaimStep[] {
  if (volume === undefined) return [PENDING]
  const { claimRef } = volume.spec
  const { name } = volume.metadata
  if (claimRef === undefined) {
    const mismatch = mismatchOf(volume, claim)
    if (mismatch === undefined) return [{ do: "bind", volume }]
    return [tell(warning("VolumeMismatch", `Cannot bind to requested volume "${name}": ${mismatch}`)), PENDING]
  }
  if (isBoundTo(volume, claim)) return [{ do: "bind", volume }]
  const taken = tell(warning("FailedBinding", `volume "${name}" already bound to a different claim.`))
  if (!hasAnnotation(claim, BOUND_BY_CONTROLLER)) return [taken, PENDING]
  const by = `${claimRef.namespace}/${claimRef.name}`
  const message = `invalid binding of claim "${keyOf(claim)}" to volume "${name}": volume already claimed by "${by}"`
  return [taken, { do: "fail", message }]
}

function mismatchOf(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined) {
    return `the volume is marked for deletion "${volume.metadata.name}"`
  }
  if (quantityValue(storageCapacity(volume)) < quantityValue(requestedStorage(claim))) {
    return "requested PV is too small"
  }
  if (classOfVolume(volume) !== classOfClaim(claim)) return "storageClassName does not match"
  if (!hasSameAttributesClass(claim, volume)) return "volumeAttributesClassName does not match"
  if (!hasSameVolumeMode(claim, volume)) return "incompatible volumeMode"
  return offersAccessModes(volume, claim) ? undefined : "incompatible accessMode"
}

/** The claim had a volume before. */
function planBound(claim: PersistentVolumeClaim, world: ClaimWorld): ClaimStep {
  const lost = (reason: string, message: string): ClaimStep => ({
    do: "set-phase",
    phase: "Lost",
    event: warning(reason, message),
  })
  const { volumeName } = claim.spec
  if (!volumeName) {
    return lost("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
  }
  const volume = world.volumeNamed(volumeName)
  if (volume === undefined) {
    return lost("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
  }
  const { claimRef } = volume.spec
  // Also when nothing is missing: what is set already is not written again.
  if (claimRef === undefined || claimRef.uid === claim.metadata.uid) return { do: "bind", volume }
  return lost("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
}
