import type { EventRecorder } from "../../client/event-recorder.ts"
import type { ImageStore } from "../../images/images.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerRuntime } from "../../runtime/runtime.ts"
import { bytesToFree, type ImageUse, imagesToRemove } from "./unused-images.ts"

/** Removes images that nothing uses when the disk fills up. One per node: it remembers when images were used. */
export function createImageCollector(options: {
  readonly images: Pick<ImageStore, "collectGarbage" | "fsInfo" | "list" | "remove">
  readonly runtime: Pick<ContainerRuntime, "listContainers">
  readonly platform: Pick<Platform, "clock" | "log">
  readonly events: Pick<EventRecorder, "record">
  readonly nodeName: string
}): () => Promise<void> {
  const { events, images, nodeName, platform, runtime } = options
  const uses = new Map<string, ImageUse>()
  return async () => {
    const [present, containers, disk] = await Promise.all([images.list(), runtime.listContainers(), images.fsInfo()])
    const nowMs = platform.clock.nowMs()
    const used = new Set(containers.map(({ imageId }) => imageId))
    for (const { id } of present) {
      const { firstSeenMs = nowMs, lastUsedMs = 0 } = uses.get(id) ?? {}
      uses.set(id, { firstSeenMs, lastUsedMs: used.has(id) ? nowMs : lastUsedMs })
    }
    const bytes = bytesToFree(disk)
    if (bytes === 0) return
    const going = imagesToRemove(present, { used, uses, nowMs, bytes })
    for (const { id } of going) {
      await images.remove(id)
      uses.delete(id)
    }
    await images.collectGarbage()
    const freed = going.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    platform.log.info("removed unused images", { images: going.length, freed })
    if (freed >= bytes) return
    const message = `Failed to garbage collect required amount of images. Attempted to free ${bytes} bytes, but only found ${freed} bytes eligible to free.`
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, uid: nodeName } }
    events.record(node, "Warning", "FreeDiskSpaceFailed", message)
  }
}
