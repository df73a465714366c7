import { Node } from "../../api/core/v1/node.ts"
import { PersistentVolume } from "../../api/core/v1/persistent-volume.ts"
import { PROVISIONER_FINALIZER } from "../../api/core/v1/volume-binding.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import type { NodeVolumes } from "../../storage/storage.ts"
import type { ControllerContext } from "../define-controller.ts"
import { planVolume } from "./plan.ts"
import { folderOf } from "./volume.ts"

/** Removes the folder of a volume that nobody claims any more, and holds volumes that have one until then. */
export async function lookAtVolume(context: ControllerContext, nodeVolumes: NodeVolumes, name: string): Promise<void> {
  const known = context.informer(PersistentVolume).get(name)
  if (known === undefined || planVolume(known) === undefined) return
  // Data is lost for good: what is decided on must be the newest that is known.
  const volume = await current(context, name)
  const step = volume && planVolume(volume)
  if (volume === undefined || step === undefined) return
  switch (step.do) {
    case "remove":
      return remove(context, nodeVolumes, volume, step.node)
    case "hold":
      return setFinalizers(context, volume, [...(volume.metadata.finalizers ?? []), PROVISIONER_FINALIZER])
    case "let-go":
      return letGo(context, volume)
  }
}

async function current({ client }: ControllerContext, name: string): Promise<PersistentVolume | undefined> {
  try {
    return await client.of(PersistentVolume).get({ name })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

async function remove(
  context: ControllerContext,
  nodeVolumes: NodeVolumes,
  volume: PersistentVolume,
  nodeName: string,
): Promise<void> {
  const node = context.informer(Node).get(nodeName)
  const failed = (why: string) => context.events.record(volume, "Warning", "VolumeFailedDelete", why)
  if (node === undefined) {
    // It may come back. Whoever deletes the volume nevertheless does not expect that.
    if (volume.metadata.deletionTimestamp !== undefined) return letGo(context, volume)
    return failed(`node "${nodeName}" has the data and is not there: delete the volume if the node is gone for good`)
  }
  try {
    await nodeVolumes.remove(node, folderOf(volume))
  } catch (error) {
    failed(messageOf(error))
    throw error
  }
  const { client } = context
  await client
    .of(PersistentVolume)
    .delete(volume.metadata, { preconditions: { uid: volume.metadata.uid } })
    .catch(ignoreNotFound)
  const left = await current(context, volume.metadata.name)
  if (left !== undefined && left.metadata.uid === volume.metadata.uid) await letGo(context, left)
}

function letGo(context: ControllerContext, volume: PersistentVolume): Promise<void> {
  const others = volume.metadata.finalizers?.filter((one) => one !== PROVISIONER_FINALIZER)
  return setFinalizers(context, volume, others ?? [])
}

/** With the revision, so that no finalizer that others have set meanwhile is lost. */
async function setFinalizers(
  { client }: ControllerContext,
  { metadata: { name, resourceVersion } }: PersistentVolume,
  finalizers: readonly string[],
): Promise<void> {
  const body = { metadata: { resourceVersion, finalizers } }
  await client.of(PersistentVolume).patch({ name }, body, { type: "merge" }).catch(ignoreNotFound)
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error
}
