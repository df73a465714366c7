import { posix } from "node:path"
import type { BlobStore, BlobWriter } from "../content/blob-store.ts"
import { isDigest } from "../content/digest.ts"
import { NAME_ANNOTATION, type NamedDescriptor, TAG_ANNOTATION } from "../content/image-index.ts"
import { type Descriptor, encodeJson, MediaType, parseManifest } from "../content/oci.ts"
import { canonicalName, parseReference } from "../content/reference.ts"
import { ImageError } from "../images.ts"
import { decompress } from "../layers/decompress.ts"
import { type TarEntry, TarReader, type TarSink } from "../layers/tar-reader.ts"

const METADATA = new Set(["index.json", "manifest.json", "oci-layout", "repositories", "VERSION", "version"])
const METADATA_BYTES_MAX = 16 * 1024 * 1024
/** Under this name an image is kept whose archive gives it none. */
const NAMELESS = "docker.io/library/import"

interface StoredFile {
  readonly digest: string
  readonly size: number
}

/**
 * Reads an archive into the blob store: an OCI layout (https://github.com/opencontainers/image-spec/blob/main/image-layout.md)
 * or what `docker save` writes, plain or compressed. Returns the names it gives and what they stand for; the caller
 * enters them in the index. Throws `ImageError`.
 */
export async function loadArchive(
  archive: AsyncIterable<Uint8Array>,
  blobs: BlobStore,
  signal?: AbortSignal,
): Promise<NamedDescriptor[]> {
  const files = new ArchiveFiles(blobs)
  const reader = new TarReader(files)
  try {
    for await (const chunk of decompress(archive)) {
      signal?.throwIfAborted()
      reader.push(chunk)
    }
    reader.finish()
  } finally {
    files.abort()
  }
  const dockerNames = dockerManifest(files)
  const index = files.metadata.get("index.json")
  const found = index
    ? fromIndex(index, blobs, dockerNames)
    : dockerNames.flatMap((image) => fromDocker(image, files, blobs))
  if (found.length > 0) return found
  throw new ImageError(
    "InvalidImage",
    "the archive holds no image: it has neither a filled index.json nor a manifest.json",
  )
}

/** Streams every file of the archive into the blob store and remembers what lay where. */
class ArchiveFiles implements TarSink {
  readonly metadata = new Map<string, Buffer>()
  readonly #blobs: BlobStore
  readonly #stored = new Map<string, StoredFile>()
  readonly #links = new Map<string, string>()
  #open: { path: string; writer: BlobWriter | null; parts: Buffer[]; size: number } | null = null

  constructor(blobs: BlobStore) {
    this.#blobs = blobs
  }

  entry(entry: TarEntry): void {
    const path = posix.normalize(entry.name)
    this.#open = null
    // Old `docker save` archives say with a link that two images share a layer.
    if (entry.type === "symlink") this.#links.set(path, posix.join(posix.dirname(path), entry.linkname))
    if (entry.type === "hardlink") this.#links.set(path, posix.normalize(entry.linkname))
    if (entry.type !== "file") return
    const isMetadata = METADATA.has(path) || posix.basename(path) === "VERSION"
    this.#open = { path, writer: isMetadata ? null : this.#blobs.writer(), parts: [], size: 0 }
  }

  data(bytes: Uint8Array): void {
    const open = this.#open
    if (!open) return
    open.size += bytes.length
    if (open.writer) open.writer.write(bytes)
    else if (open.size > METADATA_BYTES_MAX)
      throw new ImageError("InvalidImage", `${open.path} in the archive is too large`)
    else open.parts.push(Buffer.from(bytes))
  }

  end(): void {
    const open = this.#open
    this.#open = null
    if (!open) return
    if (!open.writer) {
      this.metadata.set(open.path, Buffer.concat(open.parts))
      return
    }
    const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(open.path)?.[1]
    this.#stored.set(open.path, open.writer.commit(hex === undefined ? {} : { digest: `sha256:${hex}` }))
  }

  /** What a path of the archive holds, links followed. */
  stored(path: string): StoredFile {
    let current = posix.normalize(path)
    for (let links = 0; links < 8; links++) {
      const file = this.#stored.get(current)
      if (file) return file
      const target = this.#links.get(current)
      if (target === undefined) break
      current = target
    }
    throw new ImageError(
      "InvalidImage",
      `the archive's manifest.json names ${JSON.stringify(path)}, which is not in it`,
    )
  }

  abort(): void {
    this.#open?.writer?.abort()
    this.#open = null
  }
}

interface DockerImage {
  readonly config: string
  readonly tags: readonly string[]
  readonly layers: readonly string[]
}

function dockerManifest(files: ArchiveFiles): DockerImage[] {
  const bytes = files.metadata.get("manifest.json")
  if (!bytes) return []
  const list = parseJson(bytes, "manifest.json")
  if (!Array.isArray(list)) throw new ImageError("InvalidImage", "manifest.json of the archive is not a list")
  return list.map((item: { Config?: unknown; RepoTags?: unknown; Layers?: unknown } | null) => {
    const texts = (value: unknown) => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : [])
    if (typeof item?.Config !== "string")
      throw new ImageError("InvalidImage", "manifest.json of the archive names no Config")
    return { config: item.Config, tags: texts(item.RepoTags), layers: texts(item.Layers) }
  })
}

function fromDocker(image: DockerImage, files: ArchiveFiles, blobs: BlobStore): NamedDescriptor[] {
  const layer = (path: string): Descriptor => {
    const { digest, size } = files.stored(path)
    return { mediaType: MediaType.ociLayer, digest, size }
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociConfig, ...files.stored(image.config) },
    layers: image.layers.map(layer),
  }
  const target = { mediaType: MediaType.ociManifest, ...blobs.put(encodeJson(manifest)) }
  return named(image.tags, target)
}

function fromIndex(bytes: Buffer, blobs: BlobStore, docker: readonly DockerImage[]): NamedDescriptor[] {
  const parsed = parseManifest(bytes, MediaType.ociIndex, "index.json of the archive")
  if (parsed.kind !== "index") throw new ImageError("InvalidImage", "index.json of the archive is not an index")
  return parsed.index.manifests.flatMap((target) => {
    const annotations = new Map(Object.entries(target.annotations ?? {}))
    const name = annotations.get(NAME_ANNOTATION) ?? annotations.get(TAG_ANNOTATION)
    const plain = { mediaType: target.mediaType, digest: target.digest, size: target.size }
    return named(name === undefined ? dockerTags(target, blobs, docker) : [name], plain)
  })
}

/** The tags that `manifest.json` gives to the image with the same configuration. */
function dockerTags(target: Descriptor, blobs: BlobStore, docker: readonly DockerImage[]): readonly string[] {
  const parsed = parseManifest(blobs.read(target.digest), target.mediaType, `manifest ${target.digest}`)
  if (parsed.kind !== "manifest") return []
  const hex = parsed.manifest.config.digest.slice("sha256:".length)
  return docker.find((image) => image.config.includes(hex))?.tags ?? []
}

function named(names: readonly string[], target: Descriptor): NamedDescriptor[] {
  if (!isDigest(target.digest)) throw new ImageError("InvalidImage", `${target.digest} is not a digest`)
  if (names.length === 0) return [{ name: `${NAMELESS}@${target.digest}`, target }]
  return names.map((name) => ({ name: canonicalName(parseReference(name)), target }))
}

function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"))
  } catch (cause) {
    throw new ImageError("InvalidImage", `${what} of the archive is not JSON`, { cause })
  }
}
