import type { ImageFsInfo, NodeImage } from "../../images/images.ts"
import type { ImageSettings } from "../settings/settings.ts"

export interface ImageUse {
  readonly firstSeenMs: number
  readonly lastUsedMs: number
}

/** How many bytes of images should go. */
export function bytesToFree(
  { availableBytes, capacityBytes }: ImageFsInfo,
  { highPercent, lowPercent }: Pick<ImageSettings, "highPercent" | "lowPercent">,
): number {
  if (capacityBytes === 0) return 0
  const usedPercent = 100 - Math.floor((availableBytes * 100) / capacityBytes)
  if (usedPercent < highPercent) return 0
  return Math.max(0, Math.floor((capacityBytes * (100 - lowPercent)) / 100) - availableBytes)
}

/** The images to remove, least recently used first, until enough is freed. */
export function imagesToRemove(
  images: readonly NodeImage[],
  facts: {
    readonly used: ReadonlySet<string>
    readonly uses: ReadonlyMap<string, ImageUse>
    readonly nowMs: number
    readonly bytes: number
    readonly settings: Pick<ImageSettings, "ageLeastMs" | "ageMostMs">
  },
): NodeImage[] {
  const { nowMs, used, uses } = facts
  const { ageLeastMs, ageMostMs } = facts.settings
  const useOf = ({ id }: NodeImage) => uses.get(id) ?? { firstSeenMs: nowMs, lastUsedMs: 0 }
  const candidates = images
    .filter((image) => !image.pinned && !used.has(image.id) && nowMs - useOf(image).firstSeenMs >= ageLeastMs)
    .toSorted((a, b) => {
      const [left, right] = [useOf(a), useOf(b)]
      return left.lastUsedMs - right.lastUsedMs || left.firstSeenMs - right.firstSeenMs
    })
  // What was never used counts from when it came.
  const idleMs = ({ firstSeenMs, lastUsedMs }: ImageUse) => nowMs - Math.max(firstSeenMs, lastUsedMs)
  let freed = 0
  return candidates.filter((image) => {
    const isOld = ageMostMs > 0 && idleMs(useOf(image)) > ageMostMs
    if (!isOld && freed >= facts.bytes) return false
    freed += image.sizeBytes
    return true
  })
}
