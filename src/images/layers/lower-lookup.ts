import { copyFileSync, lstatSync, readlinkSync, type Stats } from "node:fs"
import { join } from "node:path"
import { getXattr } from "./libc.ts"

export const OPAQUE_XATTR = "trusted.overlay.opaque"

/** Whether an entry of a layer directory is overlayfs' sign for "deleted": a character device 0:0. */
export function isWhiteout(stat: Stats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0
}

export interface Found {
  readonly path: string
  readonly stat: Stats
}

/**
 * What a path shows in a stack of layer directories (topmost first), as overlayfs would, without mounting them.
 * Null when it is absent or deleted. Symbolic links are not followed.
 */
export function lookupInLayers(layers: readonly string[], path: string): Found | null {
  const parts = path.split("/").filter(Boolean)
  for (const layer of layers) {
    let current = layer
    let opaque = false
    let found: Found | null = null
    for (const [i, part] of parts.entries()) {
      if (getXattr(current, OPAQUE_XATTR)?.toString() === "y") opaque = true
      current = join(current, part)
      const stat = lstatSync(current, { throwIfNoEntry: false })
      if (!stat) break
      if (isWhiteout(stat)) return null
      if (i === parts.length - 1) found = { path: current, stat }
      else if (!stat.isDirectory()) return null
    }
    if (found) return found
    if (opaque) return null
  }
  return null
}

/** The target of a link found by `lookupInLayers`. */
export function linkTarget(found: Found): string {
  return readlinkSync(found.path)
}

/** Copies a file found in a lower layer. */
export function copyFound(found: Found, to: string): void {
  copyFileSync(found.path, to)
}
