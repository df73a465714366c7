import { claimedVolume, whyNotOfPod } from "../../api/core/v1/claimed-volumes.ts"
import type { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Volume } from "../../api/core/v1/volume.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isServiceUnavailable } from "../../machinery/status/predicates.ts"
import type { ResolvedVolume } from "./plugins/plugin.ts"

/** Where claims and their volumes are looked up. Both reject with StatusError. */
export interface ClaimObjects {
  getClaim(namespace: string, name: string): Promise<PersistentVolumeClaim>
  getPersistentVolume(name: string): Promise<PersistentVolume>
}

/** The volume cannot be had yet, or ever. The message is Kubernetes'. */
export class UnresolvedVolume extends Error {
  override readonly name = "UnresolvedVolume"
}

const PROTECTION = "kubernetes.io/pvc-protection"

/** The claim that stands behind a volume of a pod: the one it names, or the one that was made for it. */
export const claimNameOf = (pod: Pod, volume: Volume): string | undefined => claimedVolume(pod, volume)?.claimName

/**
 * Finds the persistent volume behind a pod's claim. Rejects with `UnresolvedVolume`, which says what the claim lacks;
 * a server that does not answer is its cause.
 */
export async function resolveVolume(pod: Pod, volume: Volume, objects: ClaimObjects): Promise<ResolvedVolume> {
  const claimName = claimNameOf(pod, volume)
  if (claimName === undefined) {
    const readOnly = volume.csi?.readOnly ?? volume.nfs?.readOnly ?? false
    return { pod, volume, specName: volume.name, readOnly, block: false }
  }
  const { namespace } = pod.metadata
  const subject = `error processing PVC ${namespace}/${claimName}`
  const claim = await boundClaim(namespace, claimName, subject, objects)
  const why = volume.ephemeral && whyNotOfPod(pod, claim)
  if (why !== undefined) throw new UnresolvedVolume(why)
  const persistent = await volumeOfClaim(claim, subject, objects)
  const block = persistent.spec.volumeMode === "Block"
  checkMode(pod, volume.name, block)
  const readOnly = volume.persistentVolumeClaim?.readOnly ?? false
  return { pod, volume, persistent, claim, specName: persistent.metadata.name, readOnly, block }
}

async function boundClaim(namespace: string, name: string, subject: string, objects: ClaimObjects) {
  const claim = await objects.getClaim(namespace, name).catch((error: unknown) => {
    throw unresolved(`${subject}: failed to fetch PVC from API server: ${messageOf(error)}`, error)
  })
  const { deletionTimestamp, finalizers = [] } = claim.metadata
  if (deletionTimestamp !== undefined && !finalizers.includes(PROTECTION)) {
    throw new UnresolvedVolume(`${subject}: PVC is being deleted`)
  }
  if (claim.status.phase !== "Bound") throw new UnresolvedVolume(`${subject}: PVC is not bound`)
  if (!claim.spec.volumeName) throw new UnresolvedVolume(`${subject}: PVC has empty pvc.Spec.VolumeName`)
  return claim
}

async function volumeOfClaim(claim: PersistentVolumeClaim, subject: string, objects: ClaimObjects) {
  const name = claim.spec.volumeName ?? ""
  const persistent = await objects.getPersistentVolume(name).catch((error: unknown) => {
    throw unresolved(`${subject}: failed to fetch PV ${name} from API server: ${messageOf(error)}`, error)
  })
  const { claimRef } = persistent.spec
  if (claimRef === undefined) {
    throw new UnresolvedVolume(
      `${subject}: found PV object ${name} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`,
    )
  }
  if (claimRef.uid !== claim.metadata.uid) {
    throw new UnresolvedVolume(
      `${subject}: found PV object ${name} but its pv.Spec.ClaimRef.UID ${claimRef.uid ?? ""} does not point to claim.UID ${claim.metadata.uid}`,
    )
  }
  return persistent
}

/** A device cannot be mounted, nor a file system be handed over as a device. */
function checkMode({ spec }: Pod, name: string, block: boolean): void {
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  const isIn = (member: "volumeMounts" | "volumeDevices") =>
    containers.some((container) => container[member]?.some((each) => each.name === name))
  const problem = (mode: string, member: string) =>
    new UnresolvedVolume(`volume ${name} has volumeMode ${mode}, but is specified in ${member}`)
  if (block && isIn("volumeMounts")) throw problem("Block", "volumeMounts")
  if (!block && isIn("volumeDevices")) throw problem("Filesystem", "volumeDevices")
}

function unresolved(message: string, cause: unknown): Error {
  return new UnresolvedVolume(message, { cause })
}

/** The server said nothing, whichever of the volume's parts it was asked about. */
export function isServerAway(error: unknown): boolean {
  return (
    isServiceUnavailable(error) || (error instanceof Error && error.cause !== undefined && isServerAway(error.cause))
  )
}
