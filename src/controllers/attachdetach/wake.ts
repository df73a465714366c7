import { Node } from "../../api/core/v1/node.ts"
import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { CSIDriver } from "../../api/storage/v1/csi-driver.ts"
import { VolumeAttachment } from "../../api/storage/v1/volume-attachment.ts"
import type { Change } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { ControllerContext } from "../define-controller.ts"
import { claimKeys, indexPodsByClaim } from "../pods/pods-by-claim.ts"
import { indexPodsByNode, podsOn } from "../pods/pods-by-node.ts"

/** Attachments by the persistent volume, and by the node. */
export const OF_VOLUME = "volume"
export const AT_NODE = "node"
/** Persistent volumes by their CSI driver. */
const OF_DRIVER = "driver"

export function indexAttachments(context: ControllerContext): void {
  const attachments = context.informer(VolumeAttachment)
  attachments.addIndex(OF_VOLUME, (attachment) => volumeNames(attachment))
  attachments.addIndex(AT_NODE, ({ spec }) => [spec.nodeName])
  indexPodsByClaim(context)
  indexPodsByNode(context)
  context.informer(PersistentVolume).addIndex(OF_DRIVER, ({ spec: { csi } }) => (csi === undefined ? [] : [csi.driver]))
}

function volumeNames({ spec: { source } }: VolumeAttachment): string[] {
  return source.persistentVolumeName ? [source.persistentVolumeName] : []
}

const volumeKey = (name: string) => `volume:${name}`
const nodeKey = (name: string) => `node:${name}`

/** Volumes and nodes stand in one queue. */
export function wake(context: ControllerContext): void {
  const attachments = context.informer(VolumeAttachment)
  const claims = context.informer(PersistentVolumeClaim)
  const volumes = context.informer(PersistentVolume)
  context.enqueueOn(VolumeAttachment, ({ object }) => [
    ...volumeNames(object).map(volumeKey),
    nodeKey(object.spec.nodeName),
  ])
  context.enqueueOn(PersistentVolume, ({ object }) =>
    object.spec.csi === undefined ? [] : [volumeKey(object.metadata.name)],
  )
  context.enqueueOn(PersistentVolumeClaim, ({ object }) => ofCsi(object.spec.volumeName))
  context.enqueueOn(Pod, (change) => {
    return change.object.spec.nodeName && concernsVolumes(change) ? volumesOf(change.object) : []
  })
  context.enqueueOn(Node, (change) => {
    const { name } = change.object.metadata
    if (!concernsAttachments(change)) return []
    const there = attachments.indexed(AT_NODE, name).flatMap(volumeNames).map(volumeKey)
    // A pod may have been given to a node before that was there.
    return [nodeKey(name), ...there, ...(isNewHere(change) ? podsOn(context, name).flatMap(volumesOf) : [])]
  })
  context.enqueueOn(CSIDriver, ({ object }) =>
    volumes.indexed(OF_DRIVER, object.metadata.name).map(({ metadata }) => volumeKey(metadata.name)),
  )

  function ofCsi(volume: string | undefined): string[] {
    return volume && volumes.get(volume)?.spec.csi !== undefined ? [volumeKey(volume)] : []
  }
  function volumesOf(pod: Pod): string[] {
    return claimKeys(pod).flatMap((key) => ofCsi(claims.get(key)?.spec.volumeName))
  }
}

/** Most changes of a pod are nothing to its volumes. */
function concernsVolumes(change: Change<Pod>): boolean {
  if (change.object.spec.volumes === undefined) return false
  if (change.type !== "updated") return true
  const facts = ({ metadata, spec, status }: Pod) => [spec.nodeName, metadata.deletionTimestamp, status.phase]
  const ends = change.object.metadata.deletionTimestamp !== undefined
  return ends || !deepEqual(facts(change.object), facts(change.previous))
}

/** Also when it has only now said that its volumes are ours to attach. */
function isNewHere(change: Change<Node>): boolean {
  if (change.type !== "updated") return change.type === "added"
  return !deepEqual(change.object.metadata.annotations, change.previous.metadata.annotations)
}

/** Nor is a node's heartbeat. */
function concernsAttachments(change: Change<Node>): boolean {
  if (change.type !== "updated") return true
  const facts = ({ metadata, spec, status }: Node) => [
    metadata.annotations,
    spec.taints,
    status.volumesInUse,
    status.volumesAttached,
    status.conditions?.find(({ type }) => type === "Ready")?.status,
  ]
  return !deepEqual(facts(change.object), facts(change.previous))
}
