import { join } from "node:path"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Clock } from "../../platform/clock.ts"
import type { BlobStore, BlobWriter } from "../content/blob-store.ts"
import { checkPlatform, onlyPlainManifest } from "../content/catalog.ts"
import { withFileLock } from "../content/file-lock.ts"
import { type Descriptor, type Manifest, parseConfig, parseManifest } from "../content/oci.ts"
import { choosePlatform, platformText } from "../content/platform-match.ts"
import { canonicalName, type Reference } from "../content/reference.ts"
import { ImageError, type ImagePlatform, type PullProgress } from "../images.ts"
import { chainIds } from "../layers/chain-id.ts"
import type { LayerStore } from "../layers/layer-store.ts"
import type { Repository } from "./client.ts"

const DOWNLOADS_MAX = 3 // As the kubelet's and Docker's default.
const BODY_ATTEMPTS_MAX = 5
const RETRY_MS = 500

export interface PullContext {
  readonly blobs: BlobStore
  readonly layers: LayerStore
  readonly clock: Pick<Clock, "sleep">
  readonly platform: ImagePlatform
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: PullProgress) => void) | undefined
}

/** Fetches an image and unpacks it. Returns the manifest or index that the reference named; no name is given to it. */
export async function pullImage(repository: Repository, ref: Reference, context: PullContext): Promise<Descriptor> {
  const { blobs, signal } = context
  const top = await repository.manifest(ref.digest ?? ref.tag ?? "latest", signal)
  const target: Descriptor = { mediaType: top.mediaType, digest: top.digest, size: top.bytes.length }
  const { manifest, bytes, mediaType } = await manifestFor(repository, ref, top, context)

  // From the leaves to the root, so that a manifest on disk means that all it names was there.
  await fetchBlob(repository, manifest.config, context)
  const config = parseConfig(blobs.read(manifest.config.digest), canonicalName(ref))
  checkPlatform(config, context.platform, canonicalName(ref))
  await fetchLayers(repository, manifest, config.rootfs.diff_ids, context)
  blobs.put(bytes)
  blobs.put(top.bytes)
  return { ...target, mediaType: target.mediaType || mediaType }
}

async function manifestFor(
  repository: Repository,
  ref: Reference,
  top: { readonly bytes: Buffer; readonly mediaType: string },
  context: PullContext,
): Promise<{ manifest: Manifest; bytes: Buffer; mediaType: string }> {
  const what = canonicalName(ref)
  let current = top
  // An index may hold another index, though hardly any does.
  for (let depth = 0; depth < 3; depth++) {
    const parsed = parseManifest(current.bytes, current.mediaType, what)
    if (parsed.kind === "manifest")
      return { manifest: parsed.manifest, bytes: current.bytes, mediaType: parsed.manifest.mediaType }
    const { manifests } = parsed.index
    const chosen = choosePlatform(manifests, context.platform) ?? onlyPlainManifest(manifests)
    if (!chosen) {
      const offered = manifests.flatMap((one) => (one.platform ? [platformText(one.platform)] : [])).join(", ")
      const wanted = platformText(context.platform)
      throw new ImageError(
        "NoMatchingPlatform",
        `${what}: no match for platform ${wanted} in manifest; it has ${offered || "none"}`,
      )
    }
    current = await repository.manifest(chosen.digest, context.signal)
  }
  throw new ImageError("InvalidImage", `${what}: indexes are nested too deeply`)
}

async function fetchLayers(
  repository: Repository,
  manifest: Manifest,
  diffIds: readonly string[],
  context: PullContext,
): Promise<void> {
  checkLayers(manifest, diffIds)
  // The first failure stops the other downloads.
  const stop = new AbortController()
  const signal = context.signal ? AbortSignal.any([context.signal, stop.signal]) : stop.signal
  const inner = { ...context, signal }
  const downloads = boundedDownloads(manifest.layers, (layer) => fetchBlob(repository, layer, inner))
  try {
    await unpackLayers(manifest, diffIds, inner, (i) => downloads[i])
  } catch (error) {
    stop.abort(error)
    await Promise.allSettled(downloads)
    throw error
  }
}

/** Unpacks the layers of an image from the bottom up. `ready` is awaited before each. Returns them topmost first. */
export async function unpackLayers(
  manifest: Manifest,
  diffIds: readonly string[],
  context: Pick<PullContext, "blobs" | "layers" | "signal" | "onProgress">,
  ready?: (i: number) => Promise<void> | undefined,
): Promise<string[]> {
  checkLayers(manifest, diffIds)
  const chain = chainIds(diffIds)
  const lowers: string[] = []
  for (const [i, layer] of manifest.layers.entries()) {
    await ready?.(i)
    let doneBytes = 0
    const directory = await context.layers.ensure(
      {
        diffId: diffIds[i] ?? "",
        chainId: chain[i] ?? "",
        lowers: [...lowers],
        open: () => context.blobs.stream(layer.digest),
      },
      context.signal,
      (bytes) => {
        doneBytes += bytes
        context.onProgress?.({ digest: layer.digest, phase: "unpacking", doneBytes, totalBytes: 0 })
      },
    )
    lowers.unshift(directory)
    context.onProgress?.({ digest: layer.digest, phase: "done", doneBytes: layer.size, totalBytes: layer.size })
  }
  return lowers
}

function checkLayers(manifest: Manifest, diffIds: readonly string[]): void {
  if (manifest.layers.length !== diffIds.length) {
    const counts = `${manifest.layers.length} layers, its configuration ${diffIds.length}`
    throw new ImageError("InvalidImage", `the manifest has ${counts}`)
  }
  for (const layer of manifest.layers) {
    if (/tar/.test(layer.mediaType) && !/encrypted|foreign/.test(layer.mediaType)) continue
    throw new ImageError(
      "InvalidImage",
      `layer ${layer.digest} has media type ${layer.mediaType}, which cannot be unpacked`,
    )
  }
}

function boundedDownloads(layers: readonly Descriptor[], fetch: (layer: Descriptor) => Promise<void>): Promise<void>[] {
  const slots = Array.from({ length: DOWNLOADS_MAX }, () => Promise.resolve())
  return layers.map((layer, i) => {
    const slot = i % DOWNLOADS_MAX
    const download = (slots[slot] ?? Promise.resolve()).then(() => fetch(layer))
    slots[slot] = download
    // Awaited in order later; until then a failure must not count as unhandled.
    download.catch(() => undefined)
    return download
  })
}

/** Downloads a blob unless it is here. Two that want the same one wait for each other, also between processes. */
export async function fetchBlob(repository: Repository, blob: Descriptor, context: PullContext): Promise<void> {
  const { blobs, clock, signal, onProgress } = context
  if (blobs.has(blob.digest, blob.size)) {
    blobs.touch(blob.digest)
    onProgress?.({ digest: blob.digest, phase: "exists", doneBytes: blob.size, totalBytes: blob.size })
    return
  }
  const lock = join(blobs.dir, "locks", `blob-${blob.digest.slice("sha256:".length)}`)
  await withFileLock(lock, "exclusive", clock, signal, async () => {
    if (blobs.has(blob.digest, blob.size)) return
    const writer = blobs.writer()
    try {
      await download(repository, blob, writer, context)
      writer.commit(blob)
    } catch (error) {
      writer.abort()
      throw error
    }
  })
}

/** Reads the blob to its end, going on where a connection broke. */
async function download(
  repository: Repository,
  blob: Descriptor,
  writer: BlobWriter,
  context: PullContext,
): Promise<void> {
  const { signal, clock, onProgress } = context
  for (let attempt = 1; ; attempt++) {
    const { body, start } = await repository.blob(blob.digest, writer.size, signal)
    try {
      let skip = writer.size - start
      for await (const chunk of body) {
        signal?.throwIfAborted()
        const fresh = skip > 0 ? chunk.subarray(skip) : chunk
        skip = Math.max(0, skip - chunk.length)
        if (writer.size + fresh.length > blob.size) {
          throw new ImageError(
            "DigestMismatch",
            `${repository.name}@${blob.digest} is longer than its ${blob.size} bytes`,
          )
        }
        writer.write(fresh)
        onProgress?.({ digest: blob.digest, phase: "downloading", doneBytes: writer.size, totalBytes: blob.size })
      }
      if (writer.size === blob.size) return
      throw new Error(`the connection ended after ${writer.size} of ${blob.size} bytes`)
    } catch (cause) {
      signal?.throwIfAborted()
      if (cause instanceof ImageError || isLocal(cause)) throw cause
      if (attempt >= BODY_ATTEMPTS_MAX) {
        const reason = messageOf(cause)
        throw new ImageError("Unreachable", `${repository.name}@${blob.digest}: download failed: ${reason}`, { cause })
      }
      await clock.sleep(RETRY_MS * attempt, signal)
    }
  }
}

/** A full disk is not the registry's fault, and trying again does not help. */
function isLocal(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT", "EIO", "EROFS"].includes(String(error.code))
}
