import { claimedVolumes, whyNotOfPod } from "../../api/core/v1/claimed-volumes.ts"
import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { classOfClaim } from "../../api/core/v1/volume-matching.ts"
import { CSINode } from "../../api/storage/v1/csi-node.ts"
import { StorageClass } from "../../api/storage/v1/storage-class.ts"
import { VolumeAttachment } from "../../api/storage/v1/volume-attachment.ts"
import { ADD, DELETE, UPDATE, wake } from "../events.ts"
import { type PluginFactory, type PluginHost, reject, rejectForGood } from "../framework.ts"
import { notFound, usesClaim } from "./pod-claims.ts"

const EXCEEDED = reject("node(s) exceed max volume count")
/** Index of attachments by their node. */
const BY_NODE = "node"

/** Drivers by the volumes that they attach. */
type Volumes = Map<string, string>

/** Keeps within the number of volumes that a CSI driver can attach to a node. */
export const nodeVolumeLimits: PluginFactory = (host) => {
  const { informer } = host
  const nodes = informer(CSINode)
  const volumes = informer(PersistentVolume)
  const attachments = informer(VolumeAttachment)
  attachments.addIndex(BY_NODE, ({ spec }) => [spec.nodeName])
  const collect = volumeCollector(host)
  const attached = (nodeName: string): Volumes => {
    const found: Volumes = new Map()
    for (const { spec } of attachments.indexed(BY_NODE, nodeName)) {
      const volume = volumes.get(spec.source.persistentVolumeName ?? "")
      if (volume?.spec.csi !== undefined) found.set(`${spec.attacher}/${volume.spec.csi.volumeHandle}`, spec.attacher)
    }
    return found
  }
  return {
    name: "NodeVolumeLimits",
    preFilter: (pod) => {
      if (claimedVolumes(pod).length === 0) return undefined
      const wanted: Volumes = new Map()
      const missing = collect(pod, wanted)
      // That the claim is not there is for others to say, with more to say about it.
      if (missing !== undefined) return { filter: () => rejectForGood(missing) }
      if (wanted.size === 0) return undefined
      return {
        filter: (node) => {
          const limits = limitsOf(nodes.get(node.name))
          if (limits.size === 0) return undefined
          const used: Volumes = new Map()
          for (const entry of node.pods.values()) collect(entry.pod, used)
          const added = new Map([...wanted].filter(([volume]) => !used.has(volume)))
          const counts = countByDriver(new Map([...attached(node.name), ...used]))
          for (const [driver, count] of countByDriver(added)) {
            const limit = limits.get(driver)
            if (limit !== undefined && (counts.get(driver) ?? 0) + count > limit) return EXCEEDED
          }
          return undefined
        },
      }
    },
    wakesOn: [
      wake(CSINode, ADD),
      wake(CSINode, UPDATE, (_, { object, previous }) => {
        const before = limitsOf(previous)
        return [...limitsOf(object)].some(([driver, limit]) => limit > (before.get(driver) ?? 0))
      }),
      wake(Pod, DELETE, (_, { previous }) => {
        if (previous === undefined || !(previous.spec.nodeName || previous.status.nominatedNodeName)) return false
        return claimedVolumes(previous).length > 0
      }),
      wake(PersistentVolumeClaim, ADD, (pod, { object }) => object !== undefined && usesClaim(pod, object)),
      wake(VolumeAttachment, DELETE, ({ spec }) =>
        (spec.volumes ?? []).some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined),
      ),
    ],
  }
}

function limitsOf(node: CSINode | undefined): Map<string, number> {
  const limits = new Map<string, number>()
  for (const { name, allocatable } of node?.spec.drivers ?? []) {
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count)
  }
  return limits
}

function countByDriver(volumes: Volumes): Map<string, number> {
  const counts = new Map<string, number>()
  for (const driver of volumes.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1)
  return counts
}

/** Adds the CSI volumes of a pod. Returns what is missing of the pod, after the rest was added. */
function volumeCollector({ informer }: PluginHost): (pod: Pod, into: Volumes) => string | undefined {
  const claims = informer(PersistentVolumeClaim)
  const volumes = informer(PersistentVolume)
  const classes = informer(StorageClass)
  const volumeOf = (claim: PersistentVolumeClaim): readonly [driver: string, handle: string] | undefined => {
    const volume = volumes.get(claim.spec.volumeName ?? "")
    if (volume !== undefined) return volume.spec.csi && [volume.spec.csi.driver, volume.spec.csi.volumeHandle]
    const storageClass = classes.get(classOfClaim(claim))
    // Until it is there, its claim stands for it.
    const { namespace, name, uid } = claim.metadata
    return storageClass && [storageClass.provisioner, `${uid}-${namespace}/${name}`]
  }
  return (pod, into) => {
    let problem: string | undefined
    for (const { claimName, isEphemeral } of claimedVolumes(pod)) {
      const { namespace } = pod.metadata
      const claim = claims.get(`${namespace}/${claimName}`)
      if (claim === undefined) {
        problem ??= `looking up PVC ${namespace}/${claimName}: ${notFound("persistentvolumeclaim", claimName)}`
        continue
      }
      const why = isEphemeral ? whyNotOfPod(pod, claim) : undefined
      if (why !== undefined) {
        problem ??= why
        continue
      }
      const found = volumeOf(claim)
      if (found !== undefined) into.set(found.join("/"), found[0])
    }
    return problem
  }
}
