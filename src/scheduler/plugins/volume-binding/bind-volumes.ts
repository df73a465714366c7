import { PersistentVolume } from "../../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import { BIND_COMPLETED, hasAnnotation, SELECTED_NODE } from "../../../api/core/v1/volume-binding.ts"
import { isReachableFrom } from "../../../api/core/v1/volume-matching.ts"
import { keyOf } from "../../../client/informer.ts"
import type { ManifestOf } from "../../../machinery/schema/resource.ts"
import type { PluginHost } from "../../framework.ts"
import { notFound } from "../pod-claims.ts"
import { waitUntil } from "../wait-until.ts"
import type { PodVolumes } from "./find-volumes.ts"

/** Whether the binder has completed what is between claim and volume. */
export function isFullyBound(claim: PersistentVolumeClaim): boolean {
  return Boolean(claim.spec.volumeName) && hasAnnotation(claim, BIND_COMPLETED)
}

/**
 * Tells the binder which volumes belong to which claims, and provisioners for which node to make the others, and waits
 * until all are bound. Throws when that fails, takes too long, or becomes pointless; what has been told stays told.
 */
export async function bindVolumes(
  host: PluginHost,
  pod: Pod,
  nodeName: string,
  volumes: PodVolumes,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const told = await tell(host, volumes)
  const watched = [host.informer(PersistentVolumeClaim), host.informer(PersistentVolume), host.informer(Pod)]
  const isDone = () => areBound(host, pod, nodeName, told)
  try {
    await host.await(waitUntil({ isDone, watched, clock: host.platform.clock, timeoutMs, signal }))
  } catch (error) {
    throw new Error(`binding volumes: ${(error as Error).message}`, { cause: error })
  }
}

/** Returns the objects as the API has them then. */
async function tell({ client }: PluginHost, { bindings, provisions }: PodVolumes): Promise<PodVolumes> {
  try {
    return {
      bindings: await eachInTurn(bindings, async ({ claim, volume }) => ({
        claim,
        // What was stored is complete, though its type does not say so of every kind of volume.
        volume: await client.of(PersistentVolume).update(volume as ManifestOf<typeof PersistentVolume>),
      })),
      provisions: await eachInTurn(provisions, (claim) => client.of(PersistentVolumeClaim).update(claim)),
    }
  } catch (error) {
    // A conflict about a volume is none about the pod.
    throw new Error((error as Error).message, { cause: error })
  }
}

async function eachInTurn<T, R>(items: readonly T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(await action(item))
  return results
}

/** Whether all that was told has been done. Throws when it will not be. */
function areBound(host: PluginHost, pod: Pod, nodeName: string, { bindings, provisions }: PodVolumes): boolean {
  const volumes = host.informer(PersistentVolume)
  const claims = host.informer(PersistentVolumeClaim)
  const node = host.cluster.nodes.get(nodeName)
  if (node === undefined) throw new Error(`failed to get node "${nodeName}": node "${nodeName}" not found`)
  const { name } = pod.metadata
  if (host.informer(Pod).get(keyOf(pod))?.metadata.uid !== pod.metadata.uid) {
    throw new Error(`pod does not exist any more: pod "${name}" not found`)
  }
  const identity = { name: nodeName, labels: node.node.metadata.labels ?? {} }
  const checkAffinity = (volume: PersistentVolume) => {
    if (isReachableFrom(volume, identity)) return
    const why = `node affinity doesn't match node "${nodeName}": no matching NodeSelectorTerms`
    throw new Error(`pv "${volume.metadata.name}" ${why}`)
  }
  for (const { volume: told, claim: ofClaim } of bindings) {
    const volume = volumes.get(told.metadata.name)
    const claim = claims.get(keyOf(ofClaim))
    if (volume === undefined) throw missing("failed to check binding", "persistentvolume", told.metadata.name)
    if (claim === undefined) throw missing("failed to check binding", "persistentvolumeclaim", keyOf(ofClaim))
    if (isOlder(volume, told)) return false
    checkAffinity(volume)
    if (!volume.spec.claimRef?.uid) throw new Error(`ClaimRef got reset for pv "${volume.metadata.name}"`)
    if (!isFullyBound(claim)) return false
  }
  for (const told of provisions) {
    const claim = claims.get(keyOf(told))
    if (claim === undefined) throw missing("failed to check provisioning pvc", "persistentvolumeclaim", keyOf(told))
    if (isOlder(claim, told)) return false
    const { annotations } = claim.metadata
    if (annotations === undefined) throw new Error(`selectedNode annotation reset for PVC "${claim.metadata.name}"`)
    // Whoever cannot make the volume there takes the annotation away.
    if (annotations[SELECTED_NODE] !== nodeName) throw new Error(`provisioning failed for PVC "${claim.metadata.name}"`)
    if (claim.spec.volumeName) {
      const volume = volumes.get(claim.spec.volumeName)
      if (volume === undefined) return false
      checkAffinity(volume)
    }
    if (!isFullyBound(claim)) return false
  }
  return true
}

const missing = (doing: string, kind: string, name: string) => new Error(`${doing}: ${notFound(kind, name)}`)

interface Versioned {
  readonly metadata: { readonly resourceVersion: string }
}

const isOlder = (seen: Versioned, written: Versioned): boolean =>
  Number(seen.metadata.resourceVersion) < Number(written.metadata.resourceVersion)
