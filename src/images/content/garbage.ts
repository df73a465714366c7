import { rmSync, statSync } from "node:fs"
import { type GarbageCollected, ImageError } from "../images.ts"
import { chainIds } from "../layers/chain-id.ts"
import type { LayerStore } from "../layers/layer-store.ts"
import type { BlobStore } from "./blob-store.ts"
import { type Descriptor, parseConfig, parseManifest } from "./oci.ts"

/** A layer that is wanted for itself, such as one in the builder's cache. */
export interface LayerRoot {
  readonly blob: string
  readonly diffId: string
}

export interface GarbageRoots {
  /** Manifests and indexes that names and pins refer to. */
  readonly targets: Iterable<Descriptor>
  readonly layers: Iterable<LayerRoot>
}

/**
 * Deletes every blob and unpacked layer that no root reaches, and all temporary files. The caller holds the store's lock
 * exclusively, so nothing that is being written can be mistaken for garbage.
 */
export async function collectGarbage(
  blobs: BlobStore,
  layers: LayerStore,
  roots: GarbageRoots,
): Promise<GarbageCollected> {
  const wanted = mark(blobs, roots)
  let freedBytes = 0
  let blobCount = 0
  let layerCount = 0
  for (const { digest, size } of blobs.entries()) {
    if (wanted.has(digest)) continue
    blobs.delete(digest)
    blobCount++
    freedBytes += size
  }
  for (const { path, size } of blobs.ingests()) {
    rmSync(path, { force: true })
    freedBytes += size
  }
  for (const { path, record } of layers.list()) {
    if (wanted.has(layerKey(record.chainId ?? record.diffId))) continue
    await layers.delete(path)
    layerCount++
    freedBytes += record.bytes
  }
  await layers.deleteTemporary()
  return { blobs: blobCount, layers: layerCount, freedBytes, skipped: false }
}

function mark(blobs: BlobStore, roots: GarbageRoots): ReadonlySet<string> {
  const wanted = new Set<string>()
  const visit = (target: Descriptor): void => {
    if (wanted.has(target.digest) || blobs.size(target.digest) === null) return
    wanted.add(target.digest)
    const parsed = parseManifest(blobs.read(target.digest), target.mediaType, `manifest ${target.digest}`)
    if (parsed.kind === "index") {
      parsed.index.manifests.forEach(visit)
      return
    }
    wanted.add(parsed.manifest.config.digest)
    for (const layer of parsed.manifest.layers) wanted.add(layer.digest)
    if (blobs.size(parsed.manifest.config.digest) === null) return
    const config = parseConfig(blobs.read(parsed.manifest.config.digest), parsed.manifest.config.digest)
    for (const id of [...config.rootfs.diff_ids, ...chainIds(config.rootfs.diff_ids)]) wanted.add(layerKey(id))
  }
  for (const target of roots.targets) {
    try {
      visit(target)
    } catch (error) {
      // A damaged image keeps what was marked so far; it cannot be used anyway.
      if (!(error instanceof ImageError)) throw error
    }
  }
  for (const layer of roots.layers) {
    wanted.add(layer.blob)
    wanted.add(layerKey(layer.diffId))
  }
  return wanted
}

/** Unpacked layers are named by diff id or chain id, which look like blob digests but are something else. */
function layerKey(id: string): string {
  return `layer ${id}`
}

/** Bytes and inodes that a store uses, from its records, without walking the layers. */
export function usage(blobs: BlobStore, layers: LayerStore): { readonly bytes: number; readonly inodes: number } {
  let bytes = 0
  let inodes = 0
  for (const { size } of [...blobs.entries(), ...blobs.ingests()]) {
    bytes += size
    inodes++
  }
  for (const { path, record } of layers.list()) {
    bytes += record.bytes + (statSync(`${path}.json`, { throwIfNoEntry: false })?.size ?? 0)
    inodes += record.inodes + 2
  }
  return { bytes, inodes }
}
