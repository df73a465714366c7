import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Platform } from "../../platform/platform.ts"
import { digestOf, hexOf } from "../content/digest.ts"
import type { LayerRoot } from "../content/garbage.ts"
import type { Descriptor } from "../content/oci.ts"

const DAY_MS = 86_400_000
/** An entry that no build has used for so long is forgotten, and garbage collection frees its layer. */
const UNUSED_MS_MAX = 14 * DAY_MS
/** The layers that the cache alone may keep; those used longest ago go first. */
const CACHE_BYTES_MAX = 10 * 1024 ** 3

/** What an instruction resulted in. `layer` is null when it changed no file. */
export interface CacheEntry {
  readonly createdMs: number
  readonly layer: { readonly diffId: string; readonly blob: Descriptor } | null
}

/**
 * Remembers which layer an instruction made of which inputs: one small file per set of inputs, named by its digest. An
 * entry's time is that of its last use.
 */
export class BuildCache {
  readonly dir: string
  readonly #entries: string
  readonly #platform: Pick<Platform, "clock" | "random">

  constructor(storeDir: string, platform: Pick<Platform, "clock" | "random">) {
    this.dir = join(storeDir, "build-cache")
    this.#entries = join(this.dir, "entries")
    this.#platform = platform
    mkdirSync(this.#entries, { recursive: true, mode: 0o700 })
  }

  find(key: string): CacheEntry | null {
    const path = this.#path(key)
    const entry = readEntry(path)
    if (entry !== null) this.#touch(path)
    return entry
  }

  put(key: string, entry: CacheEntry): void {
    const path = this.#path(key)
    const temporary = `${path}.${Buffer.from(this.#platform.random.bytes(6)).toString("hex")}`
    writeFileSync(temporary, JSON.stringify(entry))
    this.#touch(temporary)
    renameSync(temporary, path)
  }

  #touch(path: string): void {
    const seconds = this.#platform.clock.nowMs() / 1000
    utimesSync(path, seconds, seconds)
  }

  #path(key: string): string {
    return join(this.#entries, hexOf(key))
  }
}

/** The key for everything that an instruction's result depends on. */
export function cacheKey(inputs: Readonly<Record<string, unknown>>): string {
  return digestOf(JSON.stringify(inputs))
}

/** The layers that builds may want again. Deletes entries that are too old or too many. */
export function cachedLayers(storeDir: string, nowMs: number): LayerRoot[] {
  const dir = join(storeDir, "build-cache", "entries")
  const roots = new Map<string, LayerRoot>()
  let bytes = 0
  for (const { path, mtimeMs } of newestFirst(dir)) {
    const entry = readEntry(path)
    const layer = entry?.layer
    const isNew = layer !== null && layer !== undefined && !roots.has(layer.diffId)
    if (entry === null || nowMs - mtimeMs > UNUSED_MS_MAX || (isNew && bytes + layer.blob.size > CACHE_BYTES_MAX)) {
      rmSync(path, { force: true })
    } else if (isNew) {
      bytes += layer.blob.size
      roots.set(layer.diffId, { blob: layer.blob.digest, diffId: layer.diffId })
    }
  }
  return [...roots.values()]
}

function newestFirst(dir: string): { path: string; mtimeMs: number }[] {
  if (!statSync(dir, { throwIfNoEntry: false })) return []
  return readdirSync(dir)
    .flatMap((name) => {
      const path = join(dir, name)
      const stat = statSync(path, { throwIfNoEntry: false })
      return stat ? [{ path, mtimeMs: stat.mtimeMs }] : []
    })
    .toSorted((a, b) => b.mtimeMs - a.mtimeMs)
}

function readEntry(path: string): CacheEntry | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as CacheEntry
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error && error.code === "ENOENT"))
      return null
    throw error
  }
}
