import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { statfs } from "node:fs/promises"
import { join } from "node:path"
import { onFirstCall } from "../platform/on-first-use.ts"
import type { Platform } from "../platform/platform.ts"
import type { SavedImage } from "./archive/save.ts"
import { BlobStore } from "./content/blob-store.ts"
import { Catalog, type Image } from "./content/catalog.ts"
import { fileLock, tryFileLock } from "./content/file-lock.ts"
import { collectGarbage, type LayerRoot, usage } from "./content/garbage.ts"
import { ImageIndex, type NamedDescriptor } from "./content/image-index.ts"
import { imageConfig } from "./content/oci.ts"
import { PinFiles } from "./content/pins.ts"
import { platformOf } from "./content/platform-match.ts"
import { canonicalName, parseReference, repositoryName } from "./content/reference.ts"
import {
  type GarbageCollected,
  ImageError,
  type ImageFsInfo,
  type ImagePlatform,
  type ImageStatus,
  type ImageStore,
  type LoadOptions,
  type Pin,
  type PreparedRootfs,
  type PrepareOptions,
  type PullOptions,
  type PushOptions,
  type RemovedImage,
  type SaveOptions,
} from "./images.ts"
import { LayerStore } from "./layers/layer-store.ts"
import { mountable } from "./layers/overlay-lower.ts"
import type { RegistrySettings } from "./registry/client.ts"
import { pullImage, unpackLayers } from "./registry/pull.ts"
import { createRegistries } from "./registry/registries.ts"
import { withCredentials } from "./registry/with-credentials.ts"

const { loadArchive } = onFirstCall<typeof import("./archive/load.ts")>("./archive/load.ts", import.meta.url)
const { saveDocker, saveOci } = onFirstCall<typeof import("./archive/save.ts")>("./archive/save.ts", import.meta.url)
const { cachedLayers } = onFirstCall<typeof import("./builder/build-cache.ts")>(
  "./builder/build-cache.ts",
  import.meta.url,
)
const { pushImage } = onFirstCall<typeof import("./registry/push.ts")>("./registry/push.ts", import.meta.url)

export interface ImageStoreOptions {
  /** The store's folder, shared by every process of the machine; made when it is missing. */
  readonly dir: string
  readonly platform: Pick<Platform, "clock" | "random">
  /** Which images this machine runs. Default: Linux on this processor. */
  readonly imagePlatform?: ImagePlatform
  /** How to reach registries that differ from the rule, by host and port. */
  readonly registries?: ReadonlyMap<string, RegistrySettings>
  /** Where HTTPS_PROXY and NO_PROXY are read from. Default: no proxy. */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>>
}

/** Opens the image store in a folder. `close` ends idle connections to registries. */
export function createImageStore(options: ImageStoreOptions): DiskImageStore {
  return new DiskImageStore(options)
}

/** The image store on disk. The builder uses its parts; everyone else the methods of the port. */
export class DiskImageStore implements ImageStore {
  readonly dir: string
  readonly blobs: BlobStore
  readonly layers: LayerStore
  readonly catalog: Catalog
  readonly imagePlatform: ImagePlatform
  /** Layers that must survive garbage collection although no image has them: those that builds may want again. */
  extraRoots: () => Iterable<LayerRoot> = () => cachedLayers(this.dir, this.#platform.clock.nowMs())
  readonly #index: ImageIndex
  readonly #pins: PinFiles
  readonly #platform: Pick<Platform, "clock" | "random">
  readonly #registries: ReturnType<typeof createRegistries>

  constructor(options: ImageStoreOptions) {
    const { dir, platform } = options
    mkdirSync(dir, { recursive: true, mode: 0o711 })
    const layout = join(dir, "oci-layout")
    if (!existsSync(layout)) writeFileSync(layout, '{"imageLayoutVersion":"1.0.0"}\n')
    this.dir = dir
    this.#platform = platform
    this.imagePlatform = options.imagePlatform ?? platformOf(process.arch)
    this.blobs = new BlobStore(dir, platform)
    this.layers = new LayerStore(dir, platform)
    this.#index = new ImageIndex(dir, platform.clock)
    this.#pins = new PinFiles(dir, platform.random)
    this.catalog = new Catalog(this.blobs, this.#index, this.#pins, this.imagePlatform)
    this.#registries = createRegistries({ clock: platform.clock, ...options })
  }

  async resolve(ref: string): Promise<string | null> {
    return this.catalog.find(ref)?.id ?? null
  }

  async status(ref: string): Promise<ImageStatus | null> {
    const image = this.catalog.find(ref)
    return image ? this.catalog.status(image, this.catalog.names(image)) : null
  }

  async list(): Promise<readonly ImageStatus[]> {
    const all = this.catalog.all().map(({ image, names }) => this.catalog.status(image, names))
    return all.toSorted((a, b) => b.createdMs - a.createdMs || (a.id < b.id ? -1 : 1))
  }

  async pull(ref: string, options: PullOptions = {}): Promise<ImageStatus> {
    const reference = parseReference(ref)
    const platform = options.platform ?? this.imagePlatform
    return this.writing(options.signal, async () => {
      const { blobs, layers } = this
      const { signal, onProgress } = options
      const context = { blobs, layers, clock: this.#platform.clock, platform, signal, onProgress }
      const target = await withCredentials(options.auth ?? [], (credentials) =>
        pullImage(this.#registries.repository(reference, credentials), reference, context),
      )
      const names = [`${repositoryName(reference)}@${target.digest}`]
      if (reference.digest === undefined) names.push(canonicalName(reference))
      await this.name(names.map((name) => ({ name, target })))
      const image = this.catalog.read(target, platform)
      return this.catalog.status(image, this.catalog.names(image))
    })
  }

  async push(ref: string, options: PushOptions = {}): Promise<{ readonly digest: string }> {
    const reference = parseReference(ref)
    const image = this.#require(ref)
    if (reference.tag === undefined)
      throw new ImageError("InvalidReference", `${ref}: name a tag to push to, not a digest`)
    const { tag } = reference
    return this.writing(options.signal, () =>
      withCredentials(options.auth ?? [], (credentials) =>
        pushImage(this.#registries.repository(reference, credentials, "pull,push"), image, tag, this.blobs, options),
      ),
    )
  }

  async tag(ref: string, name: string): Promise<void> {
    const reference = parseReference(name)
    if (reference.digest !== undefined)
      throw new ImageError("InvalidReference", `${name}: a new name cannot have a digest`)
    await this.writing(undefined, () => {
      const { target } = this.#require(ref)
      return this.name([{ name: canonicalName(reference), target }])
    })
  }

  async remove(ref: string): Promise<RemovedImage> {
    const image = this.catalog.find(ref)
    if (!image) return { untagged: [], deleted: [] }
    const name = isId(ref, image) ? null : (this.catalog.named(ref)?.name ?? null)
    const names = this.catalog.names(image)
    const tagsLeft = names.filter((one) => !one.includes("@") && one !== name)
    const untagged = name === null || tagsLeft.length === 0 ? names : [name]
    await this.#index.update((entries) => {
      for (const one of untagged) entries.delete(one)
    })
    await this.collectGarbage()
    return { untagged, deleted: untagged.length === names.length ? [image.id] : [] }
  }

  async prepareRootfs(ref: string, options: PrepareOptions = {}): Promise<PreparedRootfs> {
    return this.writing(options.signal, async () => {
      const image = this.#require(ref)
      if (options.pin !== undefined) this.#pins.add({ name: options.pin, imageId: image.id, target: image.target })
      const lowerDirs = mountable(await this.unpack(image, options.signal))
      return { imageId: image.id, lowerDirs, config: imageConfig(image.config) }
    })
  }

  async unpin(name: string): Promise<void> {
    this.#pins.remove(name)
  }

  async pins(): Promise<readonly Pin[]> {
    return this.#pins.list().map(({ name, imageId }) => ({ name, imageId }))
  }

  async load(archive: AsyncIterable<Uint8Array>, options: LoadOptions = {}): Promise<readonly ImageStatus[]> {
    return this.writing(options.signal, async () => {
      const named = await loadArchive(archive, this.blobs, options.signal)
      const images = new Map<string, { readonly image: Image; readonly names: string[] }>()
      for (const { name, target } of named) {
        const image = this.catalog.read(target)
        await this.unpack(image, options.signal)
        images.getOrInsertComputed(image.id, () => ({ image, names: [] })).names.push(name)
      }
      await this.name(named)
      return [...images.values()].map(({ image, names }) => this.catalog.status(image, names))
    })
  }

  async *save(refs: readonly string[], options: SaveOptions = {}): AsyncGenerator<Uint8Array> {
    const lock = await this.lock(options.signal)
    try {
      const images = new Map<string, { image: Image; names: string[] }>()
      for (const ref of refs) {
        const image = this.#require(ref)
        const entry = images.get(image.id) ?? { image, names: [] }
        const named = isId(ref, image) ? this.catalog.names(image) : [this.catalog.named(ref)?.name ?? []].flat()
        entry.names.push(...named.filter((name) => !name.includes("@") && !entry.names.includes(name)))
        images.set(image.id, entry)
      }
      const saved: SavedImage[] = [...images.values()]
      for await (const chunk of (options.format === "docker" ? saveDocker : saveOci)(saved, this.blobs)) {
        options.signal?.throwIfAborted()
        yield chunk
      }
    } finally {
      lock.release()
    }
  }

  async collectGarbage(): Promise<GarbageCollected> {
    const lock = tryFileLock(this.#lockPath, "exclusive")
    if (!lock) return { blobs: 0, layers: 0, freedBytes: 0, skipped: true }
    try {
      const targets = [...this.#index.entries().values(), ...this.#pins.list().map((pin) => pin.target)]
      return await collectGarbage(this.blobs, this.layers, { targets, layers: this.extraRoots() })
    } finally {
      lock.release()
    }
  }

  async fsInfo(): Promise<ImageFsInfo> {
    const fs = await statfs(this.dir)
    const { bytes, inodes } = usage(this.blobs, this.layers)
    return {
      mountpoint: this.dir,
      usedBytes: bytes,
      inodesUsed: inodes,
      capacityBytes: fs.blocks * fs.bsize,
      availableBytes: fs.bavail * fs.bsize,
      inodes: fs.files,
      inodesFree: fs.ffree,
    }
  }

  /** Ends idle connections. */
  close(): void {
    this.#registries.close()
  }

  /** Enters names; a name moves when another image had it. The caller holds the store's lock (`writing`). */
  async name(named: readonly NamedDescriptor[]): Promise<void> {
    await this.#index.update((entries) => {
      for (const { name, target } of named) entries.set(name, target)
    })
  }

  /** Makes sure the layers of an image are unpacked; topmost first, at least one directory. */
  async unpack(image: Image, signal?: AbortSignal): Promise<readonly string[]> {
    const { blobs, layers } = this
    const lowers = await unpackLayers(image.manifest, image.config.rootfs.diff_ids, { blobs, layers, signal })
    return lowers.length > 0 ? lowers : [layers.emptyDir]
  }

  /** Runs `work` while garbage collection, here or in another process, is kept out. */
  async writing<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const lock = await this.lock(signal)
    try {
      return await work()
    } finally {
      lock.release()
    }
  }

  /** Keeps garbage collection out until released. */
  lock(signal?: AbortSignal): Promise<{ release(): void }> {
    return fileLock(this.#lockPath, "shared", this.#platform.clock, signal)
  }

  get #lockPath(): string {
    return join(this.dir, "locks", "store")
  }

  #require(ref: string): Image {
    const image = this.catalog.find(ref)
    if (image) return image
    throw new ImageError(
      "NotFound",
      `image ${JSON.stringify(ref)} is not on this machine; build, load or pull it first`,
    )
  }
}

function isId(ref: string, image: Image): boolean {
  return /^(?:sha256:)?[0-9a-f]{12,64}$/.test(ref) && image.id.startsWith(`sha256:${ref.replace("sha256:", "")}`)
}
