import { lstatSync, rmdirSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { WorkRootfs } from "./layer-work.ts"
import { rootedPath } from "./rooted-path.ts"

/** File systems that every program finds in place. */
const ALWAYS = ["/proc", "/sys", "/dev"]

/**
 * Files and directories that exist in an image only because a runtime needed something to mount on. They are removed
 * again, so that a layer holds what the program did and nothing else.
 */
export class MountPoints {
  /** Deepest first. */
  readonly #missing: string[]

  /** Call it before the program runs. `targets` are paths inside the root file system. */
  constructor(rootfs: WorkRootfs, targets: readonly string[]) {
    const missing = new Set<string>()
    for (const target of [...ALWAYS, ...targets]) {
      let path = rootedPath(rootfs.merged, target)
      for (; path !== rootfs.merged && !lstatSync(path, { throwIfNoEntry: false }); path = dirname(path))
        missing.add(path)
    }
    this.#missing = [...missing].toSorted((a, b) => b.length - a.length)
  }

  /** Removes those that are still empty. */
  remove(): void {
    for (const path of this.#missing) {
      const stat = lstatSync(path, { throwIfNoEntry: false })
      if (stat?.isFile() && stat.size === 0) rmSync(path)
      else if (stat?.isDirectory()) removeIfEmpty(path)
    }
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path)
  } catch (error) {
    if (!hasCode(error, "ENOTEMPTY", "EEXIST")) throw error
  }
}
