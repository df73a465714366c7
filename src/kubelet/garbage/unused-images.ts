import type { ImageFsInfo, ImageStatus } from "../../images/images.ts"

/** As the kubelet's defaults, in percent of the disk: collecting begins at one and stops at the other. */
export const imageHighPercent = 85
export const imageLowPercent = 80
/** Younger images may be about to be used. */
export const imageAgeLeastMs = 120_000

export interface ImageUse {
  readonly firstSeenMs: number
  readonly lastUsedMs: number
}

/** How many bytes of images should go. */
export function bytesToFree({ availableBytes, capacityBytes }: ImageFsInfo): number {
  if (capacityBytes === 0) return 0
  const usedPercent = 100 - Math.floor((availableBytes * 100) / capacityBytes)
  if (usedPercent < imageHighPercent) return 0
  return Math.max(0, Math.floor((capacityBytes * (100 - imageLowPercent)) / 100) - availableBytes)
}

/** The images to remove, least recently used first, until enough is freed. */
export function imagesToRemove(
  images: readonly ImageStatus[],
  facts: {
    readonly used: ReadonlySet<string>
    readonly uses: ReadonlyMap<string, ImageUse>
    readonly nowMs: number
    readonly bytes: number
  },
): ImageStatus[] {
  const { nowMs, used, uses } = facts
  const useOf = ({ id }: ImageStatus) => uses.get(id) ?? { firstSeenMs: nowMs, lastUsedMs: 0 }
  const candidates = images
    .filter((image) => !used.has(image.id) && nowMs - useOf(image).firstSeenMs >= imageAgeLeastMs)
    .toSorted((a, b) => {
      const [left, right] = [useOf(a), useOf(b)]
      return left.lastUsedMs - right.lastUsedMs || left.firstSeenMs - right.firstSeenMs
    })
  let freed = 0
  return candidates.filter(({ sizeBytes }) => {
    if (freed >= facts.bytes) return false
    freed += sizeBytes
    return true
  })
}
