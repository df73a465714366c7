import { ImageError, type ImagePlatform, type ImageStatus } from "../images.ts"
import type { BlobStore } from "./blob-store.ts"
import type { ImageIndex, NamedDescriptor } from "./image-index.ts"
import { type ConfigBlob, type Descriptor, imageConfig, type Manifest, parseConfig, parseManifest } from "./oci.ts"
import type { PinFiles } from "./pins.ts"
import { choosePlatform, platformSuits, platformText } from "./platform-match.ts"
import { canonicalName, parseReference } from "./reference.ts"

/** An image for one platform, with what its manifest and configuration say. */
export interface Image {
  /** Digest of the configuration. */
  readonly id: string
  /** What a name refers to: the manifest itself or the index that it was chosen from. */
  readonly target: Descriptor
  readonly manifestDigest: string
  readonly manifestSize: number
  readonly manifest: Manifest
  readonly config: ConfigBlob
}

const ID_PREFIX_LENGTH_MIN = 12
/** Hexadecimal digits of a SHA-256: nothing else begins with them. */
const ID_LENGTH = 64

/** Finds images by name and id. Reads blobs, which never change, once. */
export class Catalog {
  readonly #blobs: BlobStore
  readonly #index: ImageIndex
  readonly #pins: PinFiles
  readonly #platform: ImagePlatform
  readonly #images = new Map<string, Image>()

  constructor(blobs: BlobStore, index: ImageIndex, pins: PinFiles, platform: ImagePlatform) {
    this.#blobs = blobs
    this.#index = index
    this.#pins = pins
    this.#platform = platform
  }

  /** The image that a manifest or index on this machine stands for. Throws `ImageError` NotFound, NoMatchingPlatform. */
  read(target: Descriptor, platform: ImagePlatform = this.#platform): Image {
    const key = `${target.digest} ${platformText(platform)}`
    const known = this.#images.get(key)
    if (known) return known
    const image = this.#read(target, target, platform)
    this.#images.set(key, image)
    return image
  }

  /** Images with all their names. An image whose blobs are damaged or gone is left out, so one cannot hide the others. */
  all(): { readonly image: Image; readonly names: readonly string[] }[] {
    const byId = new Map<string, { image: Image; names: string[] }>()
    const add = (name: string | null, target: Descriptor) => {
      try {
        const image = this.read(target)
        const entry = byId.get(image.id) ?? { image, names: [] }
        if (name !== null) entry.names.push(name)
        byId.set(image.id, entry)
      } catch (error) {
        if (!(error instanceof ImageError)) throw error
      }
    }
    for (const [name, target] of this.#index.entries()) add(name, target)
    for (const pin of this.#pins.list()) add(null, pin.target)
    return [...byId.values()]
  }

  /** An image's names. Unlike `all`, does not look at pins, of which there is one for each container. */
  names(image: Image): readonly string[] {
    return [...this.#index.entries()].flatMap(([name, target]) => (this.#idOf(target) === image.id ? [name] : []))
  }

  /** Null when the image's blobs are damaged or gone. */
  #idOf(target: Descriptor): string | null {
    try {
      return this.read(target).id
    } catch (error) {
      if (!(error instanceof ImageError)) throw error
      return null
    }
  }

  /** What `ref` stands for here, or null. Throws `ImageError` InvalidReference. */
  find(ref: string): Image | null {
    const id = /^sha256:([0-9a-f]+)$/.exec(ref)?.[1]
    if (id !== undefined) return this.#byId(id)
    if (/^[0-9a-f]{64}$/.test(ref)) return this.#byId(ref)
    const named = this.named(ref)
    if (named) return this.read(named.target)
    return /^[0-9a-f]{12,63}$/.test(ref) ? this.#byId(ref) : null
  }

  /** The entry that a name has in the index. A name with a digest also fits the tag that has this digest. */
  named(ref: string): NamedDescriptor | null {
    const reference = parseReference(ref)
    const name = canonicalName(reference)
    const entries = this.#index.entries()
    const target = entries.get(name)
    if (target) return { name, target }
    if (reference.digest === undefined) return null
    const prefix = `${reference.domain}/${reference.path}:`
    for (const [other, candidate] of entries) {
      if (candidate.digest === reference.digest && other.startsWith(prefix)) return { name: other, target: candidate }
    }
    return null
  }

  status(image: Image, names: readonly string[]): ImageStatus {
    const config = imageConfig(image.config)
    const user = config.user.split(":")[0] ?? ""
    const isNumber = /^\d+$/.test(user)
    const created = image.config.created === undefined ? Number.NaN : new Date(image.config.created).getTime()
    const layers = new Map(image.manifest.layers.map((layer) => [layer.digest, layer.size]))
    return {
      id: image.id,
      repoTags: names.filter((name) => !name.includes("@")),
      repoDigests: names.filter((name) => name.includes("@")),
      sizeBytes: [...layers.values()].reduce(
        (sum, size) => sum + size,
        image.manifestSize + image.manifest.config.size,
      ),
      createdMs: Number.isFinite(created) ? created : 0,
      uid: isNumber ? Number(user) : null,
      username: isNumber ? "" : user,
      manifestDigest: image.manifestDigest,
      platform: {
        os: image.config.os,
        architecture: image.config.architecture,
        ...(image.config.variant ? { variant: image.config.variant } : {}),
      },
      config,
    }
  }

  #byId(hex: string): Image | null {
    if (hex.length < ID_PREFIX_LENGTH_MIN) return null
    if (hex.length === ID_LENGTH) {
      for (const target of this.#index.entries().values()) {
        if (this.#idOf(target) === `sha256:${hex}`) return this.read(target)
      }
    }
    const found = this.all().filter(({ image }) => image.id.startsWith(`sha256:${hex}`))
    if (found.length > 1) {
      throw new ImageError(
        "InvalidReference",
        `${hex} is the beginning of ${found.length} image ids; write more digits`,
      )
    }
    return found[0]?.image ?? null
  }

  #read(target: Descriptor, current: Descriptor, platform: ImagePlatform): Image {
    const what = `manifest ${current.digest}`
    const parsed = parseManifest(this.#blobs.read(current.digest), current.mediaType, what)
    if (parsed.kind === "index") {
      const present = parsed.index.manifests.filter((one) => this.#blobs.has(one.digest, one.size))
      const chosen = choosePlatform(present, platform) ?? onlyPlainManifest(present)
      if (chosen) return this.#read(target, chosen, platform)
      throw new ImageError("NoMatchingPlatform", `${what} has no image for ${platformText(platform)} on this machine`)
    }
    const { manifest } = parsed
    const config = parseConfig(
      this.#blobs.read(manifest.config.digest),
      `image configuration ${manifest.config.digest}`,
    )
    checkPlatform(config, platform, what)
    return {
      id: manifest.config.digest,
      target,
      manifestDigest: current.digest,
      manifestSize: current.size,
      manifest,
      config,
    }
  }
}

/** Throws `ImageError` NoMatchingPlatform for an image of another architecture. */
export function checkPlatform(config: ConfigBlob, wanted: ImagePlatform, what: string): void {
  if (platformSuits(config, wanted)) return
  throw new ImageError(
    "NoMatchingPlatform",
    `${what} is for ${platformText(config)}, which does not run on ${platformText(wanted)}`,
  )
}

/** Some indexes hold a single manifest and do not say for which platform. */
export function onlyPlainManifest(manifests: readonly Descriptor[]): Descriptor | null {
  const [only, ...others] = manifests.filter((manifest) => manifest.platform === undefined)
  return only !== undefined && others.length === 0 ? only : null
}
