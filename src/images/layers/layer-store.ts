import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Clock } from "../../platform/clock.ts"
import { unmount } from "../../platform/linux/mount.ts"
import { removeTree } from "../../platform/linux/remove-tree.ts"
import { onFirstCall } from "../../platform/on-first-use.ts"
import type { Random } from "../../platform/random.ts"
import { hexOf } from "../content/digest.ts"
import { withFileLock } from "../content/file-lock.ts"
import { ImageError } from "../images.ts"

const { unpackLayer } = onFirstCall<typeof import("./unpack-layer.ts")>("./unpack-layer.ts", import.meta.url)

const NAME_LENGTH = 16 // 64 bits: short, so that many layers fit into one mount call.
const TEMPORARY = ".tmp-"
const EMPTY = "empty"

/** Where in its temporary directory a build mounts the file system it works on. */
export const MERGED_DIR = "merged"

/** What is recorded about an unpacked layer, beside its directory. */
export interface LayerRecord {
  readonly diffId: string
  /** Set when the layer is only valid on top of the layers of this chain. */
  readonly chainId: string | null
  readonly bytes: number
  readonly inodes: number
}

export interface LayerSource {
  readonly diffId: string
  readonly chainId: string
  /** Unpacked layers below, topmost first. */
  readonly lowers: readonly string[]
  readonly open: () => AsyncIterable<Uint8Array>
}

/**
 * Unpacked layers, one directory each, ready to be a lower layer of overlayfs. A layer is unpacked once per machine and
 * appears by a rename, complete. The directories must never be written to.
 */
export class LayerStore {
  readonly dir: string
  readonly #locks: string
  readonly #clock: Pick<Clock, "sleep">
  readonly #random: Pick<Random, "bytes">

  constructor(
    storeDir: string,
    platform: { readonly clock: Pick<Clock, "sleep">; readonly random: Pick<Random, "bytes"> },
  ) {
    this.dir = join(storeDir, "layers")
    this.#locks = join(storeDir, "locks")
    this.#clock = platform.clock
    this.#random = platform.random
    mkdirSync(join(this.dir, EMPTY), { recursive: true, mode: 0o755 })
  }

  /** The directory of an image without layers. */
  get emptyDir(): string {
    return join(this.dir, EMPTY)
  }

  /** The directory of a layer, or null when it is not unpacked. */
  find(diffId: string, chainId: string): string | null {
    for (const [name, matches] of [
      [diffName(diffId), (record: LayerRecord) => record.diffId === diffId && record.chainId === null],
      [chainName(chainId), (record: LayerRecord) => record.chainId === chainId],
    ] as const) {
      const record = this.#record(name)
      if (record && matches(record)) return join(this.dir, name)
    }
    return null
  }

  /** Unpacks a layer unless it is there. Throws `ImageError` DigestMismatch when it is not what the image promises. */
  async ensure(source: LayerSource, signal?: AbortSignal, onBytes?: (bytes: number) => void): Promise<string> {
    const found = this.find(source.diffId, source.chainId)
    if (found !== null) return found
    const lock = join(this.#locks, `layer-${chainName(source.chainId)}`)
    return withFileLock(lock, "exclusive", this.#clock, signal, async () => {
      const meanwhile = this.find(source.diffId, source.chainId)
      if (meanwhile !== null) return meanwhile
      const temporary = this.temporaryDir()
      try {
        const unpacked = await unpackLayer(source.open(), temporary, {
          lowers: source.lowers,
          signal,
          ...(onBytes ? { onBytes } : {}),
        })
        if (unpacked.diffId !== source.diffId) {
          throw new ImageError(
            "DigestMismatch",
            `layer unpacks to ${unpacked.diffId}, the image expects ${source.diffId}`,
          )
        }
        const chainId = unpacked.selfContained ? null : source.chainId
        return this.adopt(temporary, { diffId: source.diffId, chainId, bytes: unpacked.bytes, inodes: unpacked.inodes })
      } catch (error) {
        rmSync(temporary, { recursive: true, force: true })
        throw error
      }
    })
  }

  /** Makes a finished directory on the same file system a layer, by renaming it. Returns its new place. */
  adopt(directory: string, record: LayerRecord): string {
    const name = record.chainId === null ? diffName(record.diffId) : chainName(record.chainId)
    const path = join(this.dir, name)
    if (this.#record(name)) {
      rmSync(directory, { recursive: true, force: true })
      return path
    }
    const temporary = `${path}.${this.#suffix()}.new`
    writeFileSync(temporary, JSON.stringify(record))
    renameSync(temporary, `${path}.json`)
    try {
      renameSync(directory, path)
    } catch (error) {
      // Another process was quicker; its directory is complete, because it too came by a rename.
      if (!(error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST")))
        throw error
      rmSync(directory, { recursive: true, force: true })
    }
    return path
  }

  /** A new directory beside the layers, to be adopted or deleted by the caller. */
  temporaryDir(): string {
    const path = join(this.dir, `${TEMPORARY}${this.#suffix()}`)
    mkdirSync(path, { mode: 0o755 })
    return path
  }

  /** Every unpacked layer. */
  list(): { readonly path: string; readonly record: LayerRecord }[] {
    return readdirSync(this.dir).flatMap((file) => {
      const name = file.endsWith(".json") ? file.slice(0, -".json".length) : null
      const record = name === null ? null : this.#record(name)
      return name === null || record === null ? [] : [{ path: join(this.dir, name), record }]
    })
  }

  /** Deletes a layer. The caller makes sure that nothing uses it and that nobody is writing to the store. */
  async delete(path: string): Promise<void> {
    const trash = join(this.dir, `${TEMPORARY}${this.#suffix()}`)
    renameSync(path, trash)
    rmSync(`${path}.json`, { force: true })
    await removeTree(trash)
  }

  /** Deletes what killed processes left. The caller makes sure that nobody is writing to the store. */
  async deleteTemporary(): Promise<void> {
    for (const name of readdirSync(this.dir)) {
      const orphan = name.endsWith(".json") && !statSync(join(this.dir, name.slice(0, -5)), { throwIfNoEntry: false })
      // A build that was killed leaves its mount.
      while (name.startsWith(TEMPORARY) && unmount(join(this.dir, name, MERGED_DIR))) continue
      if (name.startsWith(TEMPORARY) || name.endsWith(".new") || orphan) {
        await removeTree(join(this.dir, name))
      }
    }
  }

  #record(name: string): LayerRecord | null {
    if (!statSync(join(this.dir, name), { throwIfNoEntry: false })?.isDirectory()) return null
    try {
      return JSON.parse(readFileSync(join(this.dir, `${name}.json`), "utf8")) as LayerRecord
    } catch (error) {
      if (error instanceof SyntaxError || (error instanceof Error && "code" in error && error.code === "ENOENT"))
        return null
      throw error
    }
  }

  #suffix(): string {
    return Buffer.from(this.#random.bytes(8)).toString("hex")
  }
}

function diffName(diffId: string): string {
  return hexOf(diffId).slice(0, NAME_LENGTH)
}

function chainName(chainId: string): string {
  return `c${hexOf(chainId).slice(0, NAME_LENGTH - 1)}`
}
