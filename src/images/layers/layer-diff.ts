import { createReadStream, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from "node:fs"
import { join, posix } from "node:path"
import { ImageError } from "../images.ts"
import { decodeDevice, getXattr, listXattrs } from "./libc.ts"
import { isWhiteout, OPAQUE_XATTR } from "./lower-lookup.ts"
import { TAR_END, type TarMember, tarHeader, tarPadding } from "./tar-header.ts"

const SMALL_FILE_BYTES = 1 << 20 // Read at once; larger ones as a stream, so that other work goes on in between.
const BLOCK_BYTES = 4096

export interface LayerSize {
  /** Disk space of the files, in bytes. */
  readonly bytes: number
  readonly inodes: number
}

export interface DiffOptions {
  /** Later times are set back to this one (seconds since the epoch), for builds that must be reproducible. */
  readonly mtimeMax?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes the upper directory of an overlay as the tar of a layer, with overlayfs' signs for deletions translated into
 * `.wh.` names. Members are sorted, so the same directory always gives the same bytes. Sockets are left out.
 */
export async function writeLayer(
  upper: string,
  write: (bytes: Uint8Array) => void,
  options: DiffOptions = {},
): Promise<LayerSize> {
  const diff = new LayerDiff(upper, write, options)
  await diff.directory("")
  write(TAR_END)
  return diff.size
}

class LayerDiff {
  readonly #upper: string
  readonly #write: (bytes: Uint8Array) => void
  readonly #options: DiffOptions
  readonly #linked = new Map<number, string>()
  #bytes = 0
  #inodes = 0

  constructor(upper: string, write: (bytes: Uint8Array) => void, options: DiffOptions) {
    this.#upper = upper
    this.#write = write
    this.#options = options
  }

  get size(): LayerSize {
    return { bytes: this.#bytes, inodes: this.#inodes }
  }

  async directory(path: string): Promise<void> {
    this.#options.signal?.throwIfAborted()
    for (const name of sortedNames(join(this.#upper, path))) {
      const child = posix.join(path, name)
      const stat = lstatSync(join(this.#upper, child))
      if (isWhiteout(stat)) {
        this.#marker(posix.join(path, `.wh.${name}`))
        continue
      }
      await this.#member(child, stat)
      if (!stat.isDirectory()) continue
      if (getXattr(join(this.#upper, child), OPAQUE_XATTR)?.toString() === "y") this.#marker(`${child}/.wh..wh..opq`)
      await this.directory(child)
    }
  }

  #marker(name: string): void {
    this.#write(tarHeader({ name, type: "file", mode: 0o600 }))
  }

  async #member(path: string, stat: Stats): Promise<void> {
    const real = join(this.#upper, path)
    const mtime = Math.min(Math.floor(stat.mtimeMs / 1000), this.#options.mtimeMax ?? Number.POSITIVE_INFINITY)
    const common = {
      name: path,
      mode: stat.mode & 0o7777,
      uid: stat.uid,
      gid: stat.gid,
      mtime,
      xattrs: xattrsOf(real, stat),
    }
    this.#inodes++
    this.#bytes += Math.ceil(stat.size / BLOCK_BYTES) * BLOCK_BYTES
    const first = stat.nlink > 1 && !stat.isDirectory() ? this.#linked.get(stat.ino) : undefined
    if (first !== undefined) {
      this.#write(tarHeader({ ...common, type: "hardlink", linkname: first, xattrs: new Map() }))
      return
    }
    if (stat.nlink > 1 && !stat.isDirectory()) this.#linked.set(stat.ino, path)
    const member = memberOf(common, real, stat)
    if (member === null) return
    this.#write(tarHeader(member))
    if (member.type === "file") await this.#content(real, stat.size)
  }

  async #content(path: string, size: number): Promise<void> {
    let written = 0
    if (size <= SMALL_FILE_BYTES) {
      const bytes = readFileSync(path)
      this.#write(bytes)
      written = bytes.length
    } else {
      for await (const chunk of createReadStream(path, { highWaterMark: SMALL_FILE_BYTES })) {
        this.#options.signal?.throwIfAborted()
        this.#write(chunk)
        written += chunk.length
      }
    }
    if (written !== size) throw new Error(`${path} changed from ${size} to ${written} bytes while it was read`)
    this.#write(Buffer.alloc(tarPadding(size)))
  }
}

function memberOf(common: Omit<TarMember, "type">, path: string, stat: Stats): TarMember | null {
  if (stat.isDirectory()) return { ...common, name: `${common.name}/`, type: "directory" }
  if (stat.isFile()) return { ...common, type: "file", size: stat.size }
  if (stat.isSymbolicLink()) return { ...common, type: "symlink", linkname: readlinkSync(path) }
  if (stat.isFIFO()) return { ...common, type: "fifo" }
  if (stat.isCharacterDevice()) return { ...common, type: "char", ...decodeDevice(stat.rdev) }
  if (stat.isBlockDevice()) return { ...common, type: "block", ...decodeDevice(stat.rdev) }
  return null
}

/** The attributes that belong to the content rather than to this machine. */
function xattrsOf(path: string, stat: Stats): ReadonlyMap<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>()
  if (!stat.isFile() && !stat.isDirectory()) return xattrs
  for (const name of listXattrs(path)) {
    if (name !== "security.capability" && (!name.startsWith("user.") || name.startsWith("user.overlay."))) continue
    const value = getXattr(path, name)
    if (value) xattrs.set(name, value)
  }
  return xattrs
}

function sortedNames(dir: string): string[] {
  return readdirSync(dir, { encoding: "buffer" })
    .toSorted(Buffer.compare)
    .map((bytes) => {
      const name = bytes.toString("utf8")
      if (Buffer.from(name).equals(bytes)) return name
      throw new ImageError("InvalidImage", `${dir} has a file whose name is not UTF-8: ${JSON.stringify(name)}`)
    })
}
