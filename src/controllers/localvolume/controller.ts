import { Node } from "../../api/core/v1/node.ts"
import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { type ModifyVolumeStatus, PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import {
  BIND_COMPLETED,
  hasAnnotation,
  PROVISIONED_BY,
  SELECTED_NODE,
  STORAGE_PROVISIONER,
} from "../../api/core/v1/volume-binding.ts"
import { classOfClaim } from "../../api/core/v1/volume-matching.ts"
import { StorageClass } from "../../api/storage/v1/storage-class.ts"
import { type Change, type Key, keyOf } from "../../client/informer.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isAlreadyExists } from "../../machinery/status/predicates.ts"
import type { NodeVolumes } from "../../storage/storage.ts"
import { type ControllerContext, type ControllerDefinition, defineController } from "../define-controller.ts"
import { planModify } from "./modify.ts"
import { LOCAL_PROVISIONER, NODE_ANNOTATION } from "./names.ts"
import { type ClaimStep, planClaim, takesPods } from "./plan.ts"
import { lookAtVolume } from "./reclaim.ts"
import { planResize, type Resize, resizedStatus } from "./resize.ts"
import { folderName, volumeFor, volumeName } from "./volume.ts"

const ON_NODE = "local-volumes"
const ASKED = "asked-for-local-volume"

/**
 * Makes the volumes of claims as folders of nodes, and removes them. Everything is remembered in claims and volumes, so
 * that nodes which are away meanwhile are only late.
 */
export function localVolumeProvisioner(nodeVolumes: NodeVolumes): ControllerDefinition {
  return defineController({
    name: "local-volume-provisioner",
    eventSource: LOCAL_PROVISIONER,
    reads: [PersistentVolumeClaim, PersistentVolume, StorageClass, Node],
    writes: [
      { resource: PersistentVolume, verbs: ["create", "patch", "delete"] },
      { resource: PersistentVolumeClaim, verbs: ["update"] },
      { resource: PersistentVolumeClaim, subresource: "status", verbs: ["update"] },
    ],
    start(context) {
      wakeUp(context)
      return async (key) => {
        const name = key.slice(key.indexOf(":") + 1)
        if (key.startsWith("volume:")) return lookAtVolume(context, nodeVolumes, name)
        await lookAtClaim(context, nodeVolumes, name)
      }
    },
  })
}

function wakeUp(context: ControllerContext): void {
  const claims = context.informer(PersistentVolumeClaim)
  const volumes = context.informer(PersistentVolume)
  volumes.addIndex(ON_NODE, (volume) => (isOurs(volume) ? [nodeNameOf(volume)] : []))
  claims.addIndex(ASKED, (claim) =>
    claim.metadata.annotations?.[STORAGE_PROVISIONER] === LOCAL_PROVISIONER && !hasAnnotation(claim, BIND_COMPLETED)
      ? [LOCAL_PROVISIONER]
      : [],
  )
  context.enqueueOn(PersistentVolumeClaim, ({ type, object }) => (type === "deleted" ? [] : [`claim:${keyOf(object)}`]))
  context.enqueueOn(PersistentVolume, ({ type, object }) =>
    type !== "deleted" && isOurs(object) ? [`volume:${object.metadata.name}`] : [],
  )
  // A node that comes back can have its folders removed, and new ones made.
  context.enqueueOn(Node, (change) => {
    if (!hasComeBack(change)) return []
    const waiting = claims.indexed(ASKED, LOCAL_PROVISIONER).map((claim) => `claim:${keyOf(claim)}`)
    const old = volumes.indexed(ON_NODE, change.object.metadata.name)
    return [...waiting, ...old.map(({ metadata }) => `volume:${metadata.name}`)]
  })
}

const isOurs = ({ metadata }: PersistentVolume) => metadata.annotations?.[PROVISIONED_BY] === LOCAL_PROVISIONER
const nodeNameOf = ({ metadata }: PersistentVolume) => metadata.annotations?.[NODE_ANNOTATION] ?? ""

function hasComeBack(change: Change<Node>): boolean {
  if (change.type === "deleted" || !takesPods(change.object)) return false
  return change.type === "added" || !takesPods(change.previous)
}

async function lookAtClaim(context: ControllerContext, nodeVolumes: NodeVolumes, key: Key): Promise<void> {
  const claim = context.informer(PersistentVolumeClaim).get(key)
  if (claim === undefined) return
  const volumes = context.informer(PersistentVolume)
  const bound = claim.spec.volumeName === undefined ? undefined : volumes.get(claim.spec.volumeName)
  const resize = planResize(claim, bound)
  if (resize !== undefined && bound !== undefined) return carryOutResize(context, claim, bound, resize)
  const modify = planModify(claim, bound)
  if (modify !== undefined) return refuseModify(context, claim, modify)
  const storageClass = context.informer(StorageClass).get(classOfClaim(claim))
  const nodes = context.informer(Node)
  const step = planClaim(claim, {
    storageClass,
    node: (name) => nodes.get(name),
    nodes: () => nodes.list(),
    volumesOn: (node) => volumes.indexed(ON_NODE, node).length,
  })
  if (step === undefined || storageClass === undefined || volumes.get(volumeName(claim)) !== undefined) return
  await carryOut(context, nodeVolumes, claim, storageClass, step)
}

async function carryOut(
  context: ControllerContext,
  nodeVolumes: NodeVolumes,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  step: ClaimStep,
): Promise<void> {
  const { events } = context
  if (step.do === "reschedule") {
    events.record(claim, "Warning", "ProvisioningFailed", step.why)
    return reschedule(context, claim)
  }
  const failed = (why: string) =>
    events.record(
      claim,
      "Warning",
      "ProvisioningFailed",
      `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${why}`,
    )
  if (step.do !== "provision") return failed(step.why)
  const at = `External provisioner is provisioning volume for claim "${keyOf(claim)}"`
  events.record(claim, "Normal", "Provisioning", at)
  try {
    await provision(context, nodeVolumes, claim, storageClass, step.node)
  } catch (error) {
    failed(messageOf(error))
    // Perhaps another node can.
    if (claim.metadata.annotations?.[SELECTED_NODE]) return reschedule(context, claim)
    throw error
  }
  events.record(claim, "Normal", "ProvisioningSucceeded", `Successfully provisioned volume ${volumeName(claim)}`)
}

async function provision(
  { client }: ControllerContext,
  nodeVolumes: NodeVolumes,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  node: Node,
): Promise<void> {
  const path = await nodeVolumes.make(node, folderName(claim))
  try {
    await client.of(PersistentVolume).create(volumeFor(claim, storageClass, node, path))
  } catch (error) {
    if (isAlreadyExists(error)) return
    // Without a volume nobody would know of the folder.
    await nodeVolumes.remove(node, folderName(claim))
    throw error
  }
}

/** Tells the scheduler that its choice did not work out. */
async function reschedule({ client }: ControllerContext, claim: PersistentVolumeClaim): Promise<void> {
  const { [SELECTED_NODE]: _, ...annotations } = claim.metadata.annotations ?? {}
  await client.of(PersistentVolumeClaim).update({ ...claim, metadata: { ...claim.metadata, annotations } })
}

async function refuseModify(
  { client, events }: ControllerContext,
  claim: PersistentVolumeClaim,
  modifyVolumeStatus: ModifyVolumeStatus,
): Promise<void> {
  await client.of(PersistentVolumeClaim).updateStatus({ ...claim, status: { ...claim.status, modifyVolumeStatus } })
  const message = "volumeAttributesClassName is not supported: the volume is a folder of a node"
  events.record(claim, "Warning", "VolumeModifyFailed", message)
}

async function carryOutResize(
  { client, events }: ControllerContext,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
  { volumeCapacity, claimCapacity }: Resize,
): Promise<void> {
  if (volumeCapacity !== undefined) {
    const capacity = { ...volume.spec.capacity, storage: volumeCapacity }
    const body = { metadata: { resourceVersion: volume.metadata.resourceVersion }, spec: { capacity } }
    await client.of(PersistentVolume).patch(volume.metadata, body, { type: "merge" })
  }
  if (claimCapacity === undefined) return
  await client.of(PersistentVolumeClaim).updateStatus({ ...claim, status: resizedStatus(claim, claimCapacity) })
  events.record(claim, "Normal", "VolumeResizeSuccessful", "Resize volume succeeded")
}
