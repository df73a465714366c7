import { claimedVolumes, whyNotOfPod } from "../../api/core/v1/claimed-volumes.ts"
import { Node } from "../../api/core/v1/node.ts"
import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { CSIDriver } from "../../api/storage/v1/csi-driver.ts"
import { VolumeAttachment } from "../../api/storage/v1/volume-attachment.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { isAlreadyExists, isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, defineController, type ReconcileResult } from "../define-controller.ts"
import { podsUsing } from "../pods/pods-by-claim.ts"
import { attachedVolumes } from "./attached-volumes.ts"
import { AttachmentMemory } from "./memory.ts"
import { diskToAttach, needsVolumes, plan, type Step } from "./plan.ts"
import { AT_NODE, indexAttachments, OF_VOLUME, wake } from "./wake.ts"

/**
 * Has the volumes of CSI drivers attached to the nodes where pods need them, and detached when nobody does. What it asks
 * for stands in VolumeAttachments; the driver's attacher does it. https://kubernetes.io/docs/concepts/storage/volumes/#csi
 */
export const attachDetachController = defineController({
  name: "attachdetach-controller",
  reads: [Pod, PersistentVolumeClaim, PersistentVolume, Node, VolumeAttachment, CSIDriver],
  writes: [
    { resource: VolumeAttachment, verbs: ["create", "delete"] },
    { resource: Node, subresource: "status", verbs: ["patch"] },
  ],
  // A volume for one node only must not be given to two at once.
  workers: 1,
  start(context) {
    const memory = new AttachmentMemory()
    indexAttachments(context)
    wake(context)
    context.enqueueOn(VolumeAttachment, ({ type, object }) => {
      if (type === "deleted") memory.forget(object.metadata.name)
      return []
    })
    return async (key) => {
      const name = key.slice(key.indexOf(":") + 1)
      if (key.startsWith("node:")) await tellNode(context, memory, name)
      else return lookAtVolume(context, memory, name)
    }
  },
})

async function lookAtVolume(
  context: ControllerContext,
  memory: AttachmentMemory,
  name: string,
): Promise<ReconcileResult | undefined> {
  const volume = context.informer(PersistentVolume).get(name)
  const attachments = context.informer(VolumeAttachment).indexed(OF_VOLUME, name)
  const disk = diskToAttach(volume, (driver) => isAttached(context, driver))
  const nowMs = context.platform.clock.nowMs()
  const steps = plan({
    name,
    disk,
    accessModes: volume?.spec.accessModes ?? [],
    pods: volume === undefined ? [] : usersOf(context, volume),
    attachments,
    node: (node) => context.informer(Node).get(node),
    unwantedForMs: (attachment) => memory.unwantedForMs(attachment, nowMs),
  })
  memory.keepBlocked(
    name,
    steps.flatMap((step) => (step.do === "tell-multi-attach" ? [step.node] : [])),
  )
  const waits: number[] = []
  for (const step of steps) waits.push(...(await carryOut(context, memory, name, step)))
  return waits.length === 0 ? undefined : { againAfterMs: Math.min(...waits) }
}

/** A driver that has not said anything yet is taken to want it. */
function isAttached(context: ControllerContext, driver: string): boolean {
  return context.informer(CSIDriver).get(driver)?.spec.attachRequired ?? true
}

function usersOf(context: ControllerContext, { metadata, spec: { claimRef } }: PersistentVolume): Pod[] {
  const key = `${claimRef?.namespace}/${claimRef?.name}`
  const claim = context.informer(PersistentVolumeClaim).get(key)
  if (claim === undefined || claim.metadata.uid !== claimRef?.uid) return []
  if (claim.status.phase !== "Bound" || claim.spec.volumeName !== metadata.name) return []
  return podsUsing(context, key).filter((pod) => !!pod.spec.nodeName && needsVolumes(pod) && isOwn(claim, pod))
}

/** A claim that a pod's ephemeral volume only happens to share the name with is not the pod's. */
function isOwn(claim: PersistentVolumeClaim, pod: Pod): boolean {
  const uses = claimedVolumes(pod).filter(({ claimName }) => claimName === claim.metadata.name)
  return uses.some(({ isEphemeral }) => !isEphemeral || whyNotOfPod(pod, claim) === undefined)
}

/** Returns after how many milliseconds to look again, if at all. */
async function carryOut(
  context: ControllerContext,
  memory: AttachmentMemory,
  volume: string,
  step: Step,
): Promise<readonly number[]> {
  switch (step.do) {
    case "wait":
      return [step.ms]
    case "attach":
      await attach(context, volume, step)
      return []
    case "detach":
      await detach(context, memory, step)
      return []
    case "wanted":
      return report(context, memory, volume, step)
    case "tell-multi-attach":
      if (!memory.block(volume, step.node)) return []
      for (const { pod, message } of step.errors) context.events.record(pod, "Warning", "FailedAttachVolume", message)
      return []
  }
}

async function attach(
  context: ControllerContext,
  volume: string,
  { attacher, name, node }: Extract<Step, { do: "attach" }>,
): Promise<void> {
  try {
    await context.client.of(VolumeAttachment).create({
      metadata: { name },
      spec: { attacher, nodeName: node, source: { persistentVolumeName: volume } },
    })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

function report(
  { events, platform }: ControllerContext,
  memory: AttachmentMemory,
  volume: string,
  { attachment, pods, handle }: Extract<Step, { do: "wanted" }>,
): readonly number[] {
  const seen = memory.look(attachment, handle, platform.clock.nowMs())
  const tell = (type: "Normal" | "Warning", reason: string, message: string) => {
    for (const pod of pods) events.record(pod, type, reason, message)
  }
  if (seen.is === "waiting") return [seen.againAfterMs]
  if (!seen.isNew) return []
  if (seen.is === "attached") {
    tell("Normal", "SuccessfulAttachVolume", `AttachVolume.Attach succeeded for volume "${volume}" `)
    return []
  }
  tell("Warning", "FailedAttachVolume", `AttachVolume.Attach failed for volume "${volume}" : ${seen.message}`)
  return seen.againAfterMs === undefined ? [] : [seen.againAfterMs]
}

/** First the node is told that it is not to use the volume any more; then it is looked whether it does. */
async function detach(
  context: ControllerContext,
  memory: AttachmentMemory,
  { attachment, force, volume }: Extract<Step, { do: "detach" }>,
): Promise<void> {
  const { name, uid } = attachment.metadata
  const { nodeName } = attachment.spec
  memory.leaving.add(name)
  try {
    await tellNode(context, memory, nodeName)
    if (!force && (await isInUse(context, nodeName, volume))) {
      throw new Error(`volume ${volume} is still in use by node ${nodeName}, according to its status`)
    }
    await context.client.of(VolumeAttachment).delete({ name }, { preconditions: { uid } })
    memory.forget(name)
  } catch (error) {
    memory.leaving.delete(name)
    if (isNotFound(error)) return
    // It can be used there again.
    context.enqueue(`node:${nodeName}`)
    throw error
  }
}

async function isInUse({ client }: ControllerContext, name: string, volume: string): Promise<boolean> {
  try {
    const { status } = await client.of(Node).get({ name })
    return status.volumesInUse?.includes(volume) ?? false
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** Brings the list of attached volumes in a node's status up to date. */
async function tellNode(context: ControllerContext, memory: AttachmentMemory, name: string): Promise<void> {
  const node = context.informer(Node).get(name)
  if (node === undefined) return
  const volumes = context.informer(PersistentVolume)
  const volumesAttached = attachedVolumes(
    context.informer(VolumeAttachment).indexed(AT_NODE, name),
    memory.leaving,
    (volume) => volumes.get(volume)?.spec.csi,
  )
  if (deepEqual(volumesAttached, node.status.volumesAttached ?? [])) return
  try {
    const body = { status: { volumesAttached } }
    await context.client.of(Node).patch({ name }, body, { type: "merge", subresource: "status" })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
