import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, boundToClaim } from "../../api/core/v1/volume-binding.ts"
import type { Client } from "../../client/client.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { compareQuantities, parseQuantity } from "../../machinery/quantity/quantity.ts"
import type { ManifestOf } from "../../machinery/schema/resource.ts"
import type { VolumePhase } from "./plan-volume.ts"

/**
 * Ties a volume and a claim together, in four writes that any crash may part: the volume's reference, its phase, the
 * claim's reference, its status. Each is left out when it is there already, so whoever comes next goes on.
 */
export async function bind(client: Client, volume: PersistentVolume, claim: PersistentVolumeClaim): Promise<void> {
  const wanted = boundToClaim(volume, claim)
  const kept = wanted === volume ? volume : await updateVolume(client, wanted)
  const bound = await setVolumePhase(client, kept, "Bound", "")
  const named = await bindClaim(client, claim, bound)
  await setClaimStatus(client, named, claimStatus(named, "Bound", bound))
}

export function updateVolume(client: Client, volume: PersistentVolume): Promise<PersistentVolume> {
  return client.of(PersistentVolume).update(stored(volume))
}

/** What was read is complete; the type does not know it of one deprecated source. */
const stored = (volume: PersistentVolume) => volume as ManifestOf<typeof PersistentVolume>

async function bindClaim(
  client: Client,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): Promise<PersistentVolumeClaim> {
  const bound = boundClaim(claim, volume)
  return bound === undefined ? claim : client.of(PersistentVolumeClaim).update(bound)
}

/** The claim as one that has the volume. Undefined: it is. */
export function boundClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim | undefined {
  const { annotations = {} } = claim.metadata
  const volumeName = volume.metadata.name
  const byUs = claim.spec.volumeName !== volumeName
  if (!byUs && annotations[BIND_COMPLETED] !== undefined) return undefined
  const marks = {
    ...(byUs && { [BOUND_BY_CONTROLLER]: "yes" }),
    [BIND_COMPLETED]: "yes",
  }
  const metadata = { ...claim.metadata, annotations: { ...marks, ...annotations } }
  return { ...claim, metadata, spec: { ...claim.spec, volumeName } }
}

export async function setVolumePhase(
  client: Client,
  volume: PersistentVolume,
  phase: VolumePhase,
  message: string,
): Promise<PersistentVolume> {
  if (volume.status.phase === phase) return volume
  const { message: _, ...status } = volume.status
  const changed = { ...volume, status: { ...status, phase, ...(message && { message }) } }
  return client.of(PersistentVolume).updateStatus(stored(changed))
}

type ClaimStatus = PersistentVolumeClaim["status"]

/** Whether anything had to be written. */
export async function setClaimStatus(
  client: Client,
  claim: PersistentVolumeClaim,
  status: ClaimStatus | undefined,
): Promise<boolean> {
  if (status === undefined) return false
  await client.of(PersistentVolumeClaim).updateStatus({ ...claim, status })
  return true
}

/** The size of a volume before a resize that its file system has still to follow. */
const SIZE_BEFORE_RESIZE = "volume.alpha.kubernetes.io/pre-resize-capacity"

/** The status of a claim that comes into a phase, with the volume it has. Undefined: it is as it should be. */
export function claimStatus(
  claim: PersistentVolumeClaim,
  phase: "Pending" | "Bound" | "Lost",
  volume?: PersistentVolume,
): ClaimStatus | undefined {
  const { accessModes: _, capacity, currentVolumeAttributesClassName: current, ...rest } = claim.status
  const wanted: ClaimStatus =
    volume === undefined ? { ...rest, phase } : { ...rest, phase, ...givenBy(volume, claim, phase, capacity, current) }
  return deepEqual(wanted, claim.status) ? undefined : wanted
}

/** Size and attributes are set once: from then on whoever resizes or modifies the volume keeps them. */
function givenBy(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
  phase: string,
  known: ClaimStatus["capacity"],
  current: string | undefined,
): Pick<ClaimStatus, "accessModes" | "capacity" | "currentVolumeAttributesClassName"> {
  const { accessModes, volumeAttributesClassName } = volume.spec
  const isNew = claim.status.phase !== phase
  const capacity = isNew ? capacityOf(volume, known) : known
  const attributes = claim.status.phase === "Pending" ? volumeAttributesClassName : current
  return {
    ...(accessModes && { accessModes }),
    ...(capacity && { capacity }),
    ...(attributes !== undefined && { currentVolumeAttributesClassName: attributes }),
  }
}

function capacityOf(volume: PersistentVolume, known: ClaimStatus["capacity"]): ClaimStatus["capacity"] {
  const size = volume.spec.capacity?.["storage"]
  if (size === undefined) throw new Error(`PersistentVolume "${volume.metadata.name}" is without a storage capacity`)
  const before = volume.metadata.annotations?.[SIZE_BEFORE_RESIZE]
  if (before !== undefined) return { ...known, storage: before }
  const same = known?.["storage"]
  if (same !== undefined && compareQuantities(parseQuantity(same), parseQuantity(size)) === 0) return known
  return volume.spec.capacity
}
