import { chmodSync, lchownSync, lstatSync, mkdirSync, readlinkSync, rmSync } from "node:fs"
import { join } from "node:path"
import { ImageError } from "../images.ts"
import { setXattr } from "./libc.ts"
import { isWhiteout, linkTarget, lookupInLayers, OPAQUE_XATTR } from "./lower-lookup.ts"

const LINKS_MAX = 40 // Linux gives up at the same number.

/**
 * Finds the real directory for a path inside a layer that is being unpacked. Links are followed as if the layer were
 * the root of the file system, so no path leads out of it.
 */
export class LayerPaths {
  readonly #root: string
  readonly #lowers: readonly string[]
  readonly #known = new Map<string, string>()
  #created = 0
  #selfContained = true

  constructor(root: string, lowers: readonly string[]) {
    this.#root = root
    this.#lowers = lowers
  }

  /** Directories made because no member announced them. */
  get created(): number {
    return this.#created
  }

  get selfContained(): boolean {
    return this.#selfContained
  }

  /** To be called when the content of the layers below has been used. */
  dependOnLowers(): void {
    this.#selfContained = false
  }

  /** To be called when something was removed or a link was made. */
  forget(): void {
    this.#known.clear()
  }

  /** The directory for `path`, made if it is missing. */
  directory(path: string): string {
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const found = this.#walk(path, true)
    if (found === null) throw new Error("a directory that may be created cannot be missing")
    this.#known.set(path, found)
    return found
  }

  /** The directory for `path`, or null when this layer has none. */
  existingDirectory(path: string): string | null {
    return this.#known.get(path) ?? this.#walk(path, false)
  }

  #walk(path: string, create: boolean): string | null {
    const todo = split(path)
    const done: string[] = []
    for (let links = 0; ; ) {
      const part = todo.shift()
      if (part === undefined) return join(this.#root, ...done)
      if (part === "..") {
        done.pop()
        continue
      }
      const current = join(this.#root, ...done, part)
      const stat = lstatSync(current, { throwIfNoEntry: false })
      let target: string | null = null
      if (stat?.isSymbolicLink()) target = readlinkSync(current)
      else if (stat && isWhiteout(stat)) {
        if (!create) return null
        rmSync(current)
        mkdirSync(current)
        setXattr(current, OPAQUE_XATTR, Buffer.from("y"))
      } else if (stat && !stat.isDirectory()) {
        throw new ImageError("InvalidImage", `invalid layer: ${JSON.stringify(path)} leads through a file`)
      } else if (!stat) {
        if (!create) return null
        target = this.#implied([...done, part].join("/"), current)
      }
      if (target === null) {
        done.push(part)
        continue
      }
      links++
      if (links > LINKS_MAX)
        throw new ImageError("InvalidImage", `invalid layer: too many links in ${JSON.stringify(path)}`)
      if (target.startsWith("/")) done.length = 0
      todo.unshift(...split(target))
    }
  }

  /**
   * A directory that the archive does not mention: as the layers below have it. Returns the target when they have a
   * link there.
   */
  #implied(path: string, real: string): string | null {
    const below = lookupInLayers(this.#lowers, path)
    if (below) this.#selfContained = false
    if (below?.stat.isSymbolicLink()) return linkTarget(below)
    mkdirSync(real)
    this.#created++
    if (below?.stat.isDirectory()) {
      lchownSync(real, below.stat.uid, below.stat.gid)
      chmodSync(real, below.stat.mode & 0o7777)
    } else {
      chmodSync(real, 0o755)
    }
    return null
  }
}

function split(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".")
}
