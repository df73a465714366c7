import { Node } from "../../api/core/v1/node.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import type { Volume } from "../../api/core/v1/volume.ts"
import { ADD, DELETE, wake } from "../events.ts"
import { type PluginFactory, reject, rejectForGood } from "../framework.ts"
import { mentionedClaims, notFound } from "./pod-claims.ts"

const DISK_CONFLICT = reject("node(s) had no available disk")
const IN_USE = reject(
  "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
)
const ONE_POD = "ReadWriteOncePod"

/** Keeps disks that one machine or one pod can use at a time from more of them. */
export const volumeRestrictions: PluginFactory = ({ informer }) => {
  const claims = informer(PersistentVolumeClaim)
  return {
    name: "VolumeRestrictions",
    preFilter: (pod, cluster) => {
      const exclusive = new Set<string>()
      for (const name of mentionedClaims(pod)) {
        const claim = claims.get(`${pod.metadata.namespace}/${name}`)
        if (claim === undefined) return rejectForGood(notFound("persistentvolumeclaim", name))
        if (claim.spec.accessModes?.includes(ONE_POD)) exclusive.add(name)
      }
      const disks = (pod.spec.volumes ?? []).filter(isDisk)
      const conflicts = (other: Pod) => conflictsIn(other, pod, exclusive)
      let users = 0
      if (exclusive.size > 0) {
        for (const node of cluster.nodes.values()) for (const entry of node.pods.values()) users += conflicts(entry.pod)
      }
      if (disks.length === 0 && users === 0) return undefined
      return {
        filter: (node) => {
          for (const entry of node.pods.values()) if (sharesDisk(disks, entry.pod)) return DISK_CONFLICT
          return users > 0 ? IN_USE : undefined
        },
        add: ({ pod: other }) => {
          users += conflicts(other)
        },
        remove: ({ pod: other }) => {
          users -= conflicts(other)
        },
      }
    },
    wakesOn: [
      wake(Pod, DELETE, (pod, { previous }) => previous !== undefined && mayFree(previous, pod)),
      wake(Node, ADD),
      wake(PersistentVolumeClaim, ADD, (pod, { object: claim }) => {
        if (claim === undefined || claim.metadata.namespace !== pod.metadata.namespace) return false
        return mentionedClaims(pod).includes(claim.metadata.name)
      }),
    ],
  }
}

function conflictsIn(other: Pod, pod: Pod, exclusive: ReadonlySet<string>): number {
  if (other.metadata.namespace !== pod.metadata.namespace) return 0
  return mentionedClaims(other).filter((name) => exclusive.has(name)).length
}

function mayFree(gone: Pod, pod: Pod): boolean {
  if (gone.metadata.namespace !== pod.metadata.namespace) return false
  if (sharesDisk((pod.spec.volumes ?? []).filter(isDisk), gone)) return true
  const wanted = new Set(mentionedClaims(pod))
  return mentionedClaims(gone).some((name) => wanted.has(name))
}

function isDisk({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: Volume): boolean {
  return [gcePersistentDisk, awsElasticBlockStore, rbd, iscsi].some((disk) => disk !== undefined)
}

function sharesDisk(disks: readonly Volume[], { spec }: Pod): boolean {
  return disks.some((disk) => (spec.volumes ?? []).some((other) => conflict(disk, other)))
}

/** Disks that only one machine can write: the same one for two pods, unless both only read. */
function conflict(left: Volume, right: Volume): boolean {
  const [gce, otherGce] = [left.gcePersistentDisk, right.gcePersistentDisk]
  if (gce && otherGce && gce.pdName === otherGce.pdName && !(gce.readOnly && otherGce.readOnly)) return true
  const [aws, otherAws] = [left.awsElasticBlockStore, right.awsElasticBlockStore]
  // Not even for reading.
  if (aws && otherAws && aws.volumeID === otherAws.volumeID) return true
  const [iscsi, otherIscsi] = [left.iscsi, right.iscsi]
  if (iscsi && otherIscsi && iscsi.iqn === otherIscsi.iqn && !(iscsi.readOnly && otherIscsi.readOnly)) return true
  const [rbd, otherRbd] = [left.rbd, right.rbd]
  if (!rbd || !otherRbd || (rbd.readOnly && otherRbd.readOnly)) return false
  return (
    rbd.monitors.some((monitor) => otherRbd.monitors.includes(monitor)) &&
    rbd.pool === otherRbd.pool &&
    rbd.image === otherRbd.image
  )
}
