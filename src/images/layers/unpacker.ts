import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeSync,
} from "node:fs"
import { join, posix } from "node:path"
import { ImageError } from "../images.ts"
import { LayerPaths } from "./layer-paths.ts"
import { getXattr, makeNode, S_IFBLK, S_IFCHR, S_IFIFO, setXattr } from "./libc.ts"
import { copyFound, isWhiteout, lookupInLayers, OPAQUE_XATTR } from "./lower-lookup.ts"
import type { TarEntry, TarSink } from "./tar-reader.ts"

const WHITEOUT_PREFIX = ".wh."
const OPAQUE_MARKER = ".wh..wh..opq"
const AUFS_PREFIX = ".wh..wh."
const BLOCK_BYTES = 4096 // What a small file costs on disk.

export interface UnpackLimits {
  readonly bytesMax: number
  readonly entriesMax: number
}

/** Generous for any real image, and small enough that a gzip bomb does not fill the disk unnoticed. */
export const DEFAULT_LIMITS: UnpackLimits = { bytesMax: 64 * 1024 ** 3, entriesMax: 5_000_000 }

/**
 * Writes the members of a layer's tar into a directory that overlayfs can use as a lower layer: `.wh.x` becomes a
 * character device 0:0, `.wh..wh..opq` the attribute `trusted.overlay.opaque`.
 * https://github.com/opencontainers/image-spec/blob/main/layer.md
 *
 * No member can leave the directory: every component of a path is looked at, and links are followed as if the
 * directory were the root of the file system.
 */
export class LayerUnpacker implements TarSink {
  readonly #root: string
  readonly #lowers: readonly string[]
  readonly #limits: UnpackLimits
  readonly #paths: LayerPaths
  readonly #directoryTimes = new Map<string, number>()
  #file: { readonly fd: number; readonly path: string; readonly entry: TarEntry } | null = null
  #bytes = 0
  #entries = 0

  /** `lowers`: the layers below, topmost first, for members that lean on them (see `selfContained`). */
  constructor(root: string, lowers: readonly string[], limits: UnpackLimits = DEFAULT_LIMITS) {
    this.#root = root
    this.#lowers = lowers
    this.#limits = limits
    this.#paths = new LayerPaths(root, lowers)
  }

  /** Disk space used, in bytes, and the number of files and directories. */
  get usage(): { readonly bytes: number; readonly inodes: number } {
    return { bytes: this.#bytes, inodes: this.#entries + this.#paths.created }
  }

  /** Whether the result would be the same on top of any other layers. */
  get selfContained(): boolean {
    return this.#paths.selfContained
  }

  entry(entry: TarEntry): void {
    this.#entries++
    if (this.#entries > this.#limits.entriesMax)
      throw invalid(entry, `the layer has more than ${this.#limits.entriesMax} members`)
    const path = cleanPath(entry)
    if (path === "") {
      if (entry.type === "directory") this.#finishDirectory(this.#root, entry)
      return
    }
    const parent = this.#paths.directory(posix.dirname(path))
    const base = posix.basename(path)
    if (base.startsWith(WHITEOUT_PREFIX)) {
      this.#whiteout(entry, parent, base)
      return
    }
    this.#create(entry, join(parent, base))
  }

  data(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    if (this.#bytes > this.#limits.bytesMax) {
      throw new ImageError("InvalidImage", `the layer is larger than ${this.#limits.bytesMax} bytes when unpacked`)
    }
    if (!this.#file) return
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file.fd, bytes, done)
  }

  end(): void {
    if (!this.#file) return
    const { fd, path, entry } = this.#file
    this.#file = null
    try {
      // The owner comes first: changing it clears setuid bits and file capabilities.
      fchownSync(fd, entry.uid, entry.gid)
      fchmodSync(fd, entry.mode)
      setXattrs(path, entry)
      futimesSync(fd, entry.mtime, entry.mtime)
    } finally {
      closeSync(fd)
    }
  }

  /** Sets what had to wait until every member was there. */
  finish(): void {
    for (const [path, mtime] of [...this.#directoryTimes].toReversed()) {
      if (lstatSync(path, { throwIfNoEntry: false })) lutimesSync(path, mtime, mtime)
    }
  }

  /** Closes what is open after a failure. */
  abort(): void {
    if (this.#file) closeSync(this.#file.fd)
    this.#file = null
  }

  #create(entry: TarEntry, path: string): void {
    const existing = lstatSync(path, { throwIfNoEntry: false })
    const replacesWhiteout = existing !== undefined && isWhiteout(existing)
    if (existing && !(entry.type === "directory" && existing.isDirectory())) this.#remove(path)
    switch (entry.type) {
      case "directory":
        if (!existing?.isDirectory()) mkdirSync(path)
        // What the layers below have here was deleted by this very layer.
        if (replacesWhiteout) setXattr(path, OPAQUE_XATTR, Buffer.from("y"))
        this.#finishDirectory(path, entry)
        return
      case "file": {
        const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
        this.#file = { fd: openSync(path, flags, 0o600), path, entry }
        this.#bytes += BLOCK_BYTES
        return
      }
      case "hardlink":
        this.#hardlink(entry, path)
        return
      case "symlink":
        symlinkSync(entry.linkname, path)
        this.#paths.forget()
        lchownSync(path, entry.uid, entry.gid)
        setXattrs(path, entry)
        lutimesSync(path, entry.mtime, entry.mtime)
        return
      case "char":
      case "block":
      case "fifo": {
        const type = entry.type === "char" ? S_IFCHR : entry.type === "block" ? S_IFBLK : S_IFIFO
        makeNode(path, type | 0o600, entry.major, entry.minor)
        lchownSync(path, entry.uid, entry.gid)
        chmodSync(path, entry.mode)
        setXattrs(path, entry)
        lutimesSync(path, entry.mtime, entry.mtime)
        return
      }
    }
  }

  #hardlink(entry: TarEntry, path: string): void {
    const target = cleanPath({ ...entry, name: entry.linkname })
    const parent = this.#paths.existingDirectory(posix.dirname(target))
    const source = parent === null ? null : join(parent, posix.basename(target))
    const stat = source === null ? undefined : lstatSync(source, { throwIfNoEntry: false })
    if (source !== null && stat && !stat.isDirectory() && !isWhiteout(stat)) {
      linkSync(source, path)
      return
    }
    const below = stat ? null : lookupInLayers(this.#lowers, target)
    if (!below?.stat.isFile())
      throw invalid(entry, `it links to ${JSON.stringify(entry.linkname)}, which is not a file of the image`)
    this.#paths.dependOnLowers()
    copyFound(below, path)
    lchownSync(path, below.stat.uid, below.stat.gid)
    chmodSync(path, below.stat.mode & 0o7777)
    const capability = getXattr(below.path, "security.capability")
    if (capability) setXattr(path, "security.capability", capability)
    lutimesSync(path, below.stat.mtimeMs / 1000, below.stat.mtimeMs / 1000)
    this.#bytes += below.stat.size
  }

  #whiteout(entry: TarEntry, parent: string, base: string): void {
    if (base === OPAQUE_MARKER) {
      setXattr(parent, OPAQUE_XATTR, Buffer.from("y"))
      return
    }
    if (base.startsWith(AUFS_PREFIX)) return // Bookkeeping of aufs, which old images carry.
    const name = base.slice(WHITEOUT_PREFIX.length)
    if (name === "" || name === "." || name === "..") throw invalid(entry, "it is a whiteout of nothing")
    const path = join(parent, name)
    const existing = lstatSync(path, { throwIfNoEntry: false })
    // A whiteout hides only what the layers below have, never what this layer brings.
    if (!existing) makeNode(path, S_IFCHR, 0, 0)
    else if (existing.isDirectory()) setXattr(path, OPAQUE_XATTR, Buffer.from("y"))
  }

  #finishDirectory(path: string, entry: TarEntry): void {
    lchownSync(path, entry.uid, entry.gid)
    chmodSync(path, entry.mode)
    setXattrs(path, entry)
    this.#directoryTimes.delete(path)
    this.#directoryTimes.set(path, entry.mtime)
  }

  #remove(path: string): void {
    rmSync(path, { recursive: true, force: true })
    this.#paths.forget()
  }
}

/** The member's path below the root, "" for the root itself. */
function cleanPath(entry: TarEntry): string {
  if (entry.name.includes("\0")) throw invalid(entry, "its name contains a NUL")
  const path = posix.normalize(entry.name.replace(/^\/+/, "")).replace(/\/+$/, "")
  if (path === ".." || path.startsWith("../")) throw invalid(entry, "its path leads out of the image")
  return path === "." ? "" : path
}

/** Attributes that belong to the machine, or that overlayfs itself interprets, are not taken from an image. */
function setXattrs(path: string, entry: TarEntry): void {
  for (const [name, value] of entry.xattrs) {
    if (!name.startsWith("user.") && name !== "security.capability") continue
    if (name.startsWith("user.overlay.")) continue
    // The kernel refuses user attributes on links and devices.
    if (name.startsWith("user.") && entry.type !== "file" && entry.type !== "directory") continue
    setXattr(path, name, value)
  }
}

function invalid(entry: TarEntry, reason: string): ImageError {
  return new ImageError("InvalidImage", `invalid layer: member ${JSON.stringify(entry.name)}: ${reason}`)
}
