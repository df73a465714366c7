import type { BlobStore } from "../content/blob-store.ts"
import type { Image } from "../content/catalog.ts"
import { hexOf } from "../content/digest.ts"
import { encode } from "../content/image-index.ts"
import { encodeJson, MediaType } from "../content/oci.ts"
import { familiarName } from "../content/reference.ts"
import { decompress } from "../layers/decompress.ts"
import { TAR_END, tarHeader, tarPadding } from "../layers/tar-header.ts"

/** An image and the full names under which it is to be found in the archive. */
export interface SavedImage {
  readonly image: Image
  readonly names: readonly string[]
}

/**
 * Writes images as an OCI layout in a tar. `manifest.json` is added so that `docker load` of any version reads it too.
 * The same images always give the same bytes.
 */
export async function* saveOci(images: readonly SavedImage[], blobs: BlobStore): AsyncGenerator<Uint8Array> {
  yield* file("oci-layout", encodeJson({ imageLayoutVersion: "1.0.0" }))
  const manifests = images.flatMap(({ image, names }) => {
    const target = { mediaType: image.manifest.mediaType, digest: image.manifestDigest, size: image.manifestSize }
    return names.length === 0 ? [target] : names.map((name) => encode(name, target))
  })
  yield* file("index.json", encodeJson({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests }))
  const path = (digest: string) => `blobs/sha256/${hexOf(digest)}`
  const docker = images.map(({ image, names }) => ({
    Config: path(image.id),
    RepoTags: tags(names),
    Layers: image.manifest.layers.map((layer) => path(layer.digest)),
  }))
  yield* file("manifest.json", encodeJson(docker))
  yield tarHeader({ name: "blobs/", type: "directory" })
  yield tarHeader({ name: "blobs/sha256/", type: "directory" })
  const done = new Set<string>()
  for (const { image } of images) {
    const { config, layers } = image.manifest
    const own = [{ digest: image.manifestDigest, size: image.manifestSize }, config, ...layers]
    for (const { digest, size } of own) {
      if (done.has(digest)) continue
      done.add(digest)
      yield* stream(path(digest), size, blobs.stream(digest))
    }
  }
  yield TAR_END
}

/** Writes images the way `docker save` did before it learned OCI, for tools that read nothing else. */
export async function* saveDocker(images: readonly SavedImage[], blobs: BlobStore): AsyncGenerator<Uint8Array> {
  const done = new Set<string>()
  for (const { image } of images) {
    for (const [i, layer] of image.manifest.layers.entries()) {
      const path = layerPath(image, i)
      if (done.has(path)) continue
      done.add(path)
      // The format wants plain tars, and a tar member's size before its content.
      let size = 0
      for await (const chunk of decompress(blobs.stream(layer.digest))) size += chunk.length
      yield tarHeader({ name: path.slice(0, path.indexOf("/") + 1), type: "directory" })
      yield* stream(path, size, decompress(blobs.stream(layer.digest)))
    }
    const config = `${hexOf(image.id)}.json`
    if (!done.has(config)) yield* file(config, blobs.read(image.id))
    done.add(config)
  }
  const docker = images.map(({ image, names }) => ({
    Config: `${hexOf(image.id)}.json`,
    RepoTags: tags(names),
    Layers: image.manifest.layers.map((_, i) => layerPath(image, i)),
  }))
  yield* file("manifest.json", encodeJson(docker))
  yield TAR_END
}

function layerPath(image: Image, i: number): string {
  return `${hexOf(image.config.rootfs.diff_ids[i] ?? "")}/layer.tar`
}

function tags(names: readonly string[]): string[] {
  return names.filter((name) => !name.includes("@")).map(familiarName)
}

function* file(name: string, bytes: Uint8Array): Generator<Uint8Array> {
  yield tarHeader({ name, type: "file", size: bytes.length })
  yield bytes
  yield Buffer.alloc(tarPadding(bytes.length))
}

async function* stream(name: string, size: number, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield tarHeader({ name, type: "file", size })
  let written = 0
  for await (const chunk of content) {
    written += chunk.length
    yield chunk
  }
  if (written !== size)
    throw new Error(`${name} has ${written} bytes on disk instead of ${size}; the image store is damaged`)
  yield Buffer.alloc(tarPadding(size))
}
