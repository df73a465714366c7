import type { EventRecorder } from "../../client/event-recorder.ts"
import type { NodeImages } from "../../images/images.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerRuntime } from "../../runtime/runtime.ts"
import type { Counters } from "../counters.ts"
import type { PullRecords } from "../image/pull-records.ts"
import type { ImageSettings } from "../settings/settings.ts"
import { bytesToFree, type ImageUse, imagesToRemove } from "./unused-images.ts"

export interface ImageCollector {
  /** Removes images that nothing uses when the disk fills up. */
  collect(): Promise<void>
  /** Removes all of them, however full the disk is. */
  removeUnused(): Promise<void>
}

/** One per node: it remembers when images were used. */
export function createImageCollector(options: {
  readonly images: Pick<NodeImages, "collectGarbage" | "fsInfo" | "list" | "remove">
  readonly runtime: Pick<ContainerRuntime, "listContainers">
  readonly platform: Pick<Platform, "clock" | "log">
  readonly events: Pick<EventRecorder, "record">
  readonly pullRecords: Pick<PullRecords, "forget" | "imageIds">
  readonly counters: Pick<Counters, "add">
  readonly nodeName: string
  readonly settings: ImageSettings
}): ImageCollector {
  const { events, images, nodeName, platform, runtime, settings } = options
  const uses = new Map<string, ImageUse>()
  const { pullRecords } = options
  /** What is there now, with when it was used last. */
  const look = async () => {
    // Before the images, so that what is pulled meanwhile keeps its record.
    const recorded = pullRecords.imageIds()
    const [present, containers] = await Promise.all([images.list(), runtime.listContainers()])
    const here = new Set(present.map(({ id }) => id))
    for (const id of recorded) if (!here.has(id)) pullRecords.forget(id)
    const nowMs = platform.clock.nowMs()
    const used = new Set(containers.map(({ imageId }) => imageId))
    for (const { id } of present) {
      const { firstSeenMs = nowMs, lastUsedMs = 0 } = uses.get(id) ?? {}
      uses.set(id, { firstSeenMs, lastUsedMs: used.has(id) ? nowMs : lastUsedMs })
    }
    return { present, used, uses, nowMs }
  }
  const remove = async (bytes: number): Promise<number> => {
    const { present, ...facts } = await look()
    const old = new Set(imagesToRemove(present, { ...facts, bytes: 0, settings }))
    const going = imagesToRemove(present, { ...facts, bytes, settings })
    for (const image of going) {
      const { id } = image
      await images.remove(id)
      uses.delete(id)
      options.counters.add("kubelet_image_garbage_collected_total", { reason: old.has(image) ? "age" : "space" })
    }
    await images.collectGarbage()
    const freed = going.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    if (going.length > 0) platform.log.info("removed unused images", { images: going.length, freed })
    return freed
  }
  const collect = async (): Promise<void> => {
    const bytes = bytesToFree(await images.fsInfo(), settings)
    // Looked at even so, to know which images have not been used for longest when the time comes.
    if (bytes === 0 && settings.ageMostMs === 0) return void (await look())
    const freed = await remove(bytes)
    if (freed >= bytes) return
    const message = `Failed to garbage collect required amount of images. Attempted to free ${bytes} bytes, but only found ${freed} bytes eligible to free.`
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, uid: nodeName } }
    events.record(node, "Warning", "FreeDiskSpaceFailed", message)
  }
  return { collect, removeUnused: async () => void (await remove(Number.POSITIVE_INFINITY)) }
}
