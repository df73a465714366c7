import type { Image } from "../content/catalog.ts"
import { type ConfigBlob, type ContainerConfig, type HistoryEntry, MediaType } from "../content/oci.ts"
import type { ImagePlatform } from "../images.ts"
import type { BuiltLayer } from "./layer-work.ts"

/** An image while its stage is being built. Each instruction changes it; a stage based on another begins with a copy. */
export class ImageDraft {
  readonly platform: ImagePlatform
  layers: BuiltLayer[] = []
  config: ContainerConfig = {}
  env = new Map<string, string>()
  history: HistoryEntry[] = []
  author = ""
  /** When the newest layer was made; 0 without layers. The same layers so give the same image, whenever it is built. */
  createdMs = 0
  /** ARG variables in scope, which stages based on this one inherit. */
  args = new Map<string, string>()
  /** Whether CMD was set in this stage, so that ENTRYPOINT leaves it alone. */
  ownCmd = false

  constructor(platform: ImagePlatform) {
    this.platform = platform
  }

  /** Begins with an image whose layers are unpacked in `dirs`, topmost first. */
  static fromImage(image: Image, dirs: readonly string[]): ImageDraft {
    const { config: blob, manifest } = image
    const draft = new ImageDraft({
      os: blob.os,
      architecture: blob.architecture,
      ...(blob.variant ? { variant: blob.variant } : {}),
    })
    draft.layers = blob.rootfs.diff_ids.flatMap((diffId, i) => {
      const [descriptor, dir] = [manifest.layers[i], dirs[dirs.length - 1 - i]]
      return descriptor && dir !== undefined ? [{ diffId, blob: asOci(descriptor), dir }] : []
    })
    draft.config = { ...blob.config }
    for (const entry of blob.config?.Env ?? []) {
      const equals = entry.indexOf("=")
      draft.env.set(equals < 0 ? entry : entry.slice(0, equals), equals < 0 ? "" : entry.slice(equals + 1))
    }
    draft.history = [...(blob.history ?? [])]
    draft.author = blob.author ?? ""
    draft.createdMs = blob.created === undefined ? 0 : new Date(blob.created).getTime() || 0
    return draft
  }

  /** For a stage that is based on this one. */
  copy(): ImageDraft {
    const draft = new ImageDraft(this.platform)
    draft.layers = [...this.layers]
    draft.config = { ...this.config }
    draft.env = new Map(this.env)
    draft.history = [...this.history]
    draft.author = this.author
    draft.createdMs = this.createdMs
    draft.args = new Map(this.args)
    return draft
  }

  /** Directories for an overlay, topmost first. */
  get lowers(): string[] {
    return this.layers.map((layer) => layer.dir).toReversed()
  }

  get diffIds(): string[] {
    return this.layers.map((layer) => layer.diffId)
  }

  get workdir(): string {
    return this.config.WorkingDir || "/"
  }

  addLayer(layer: BuiltLayer, createdMs: number, createdBy: string): void {
    this.layers.push(layer)
    this.createdMs = Math.max(this.createdMs, createdMs)
    this.history.push({ created: iso(createdMs), created_by: createdBy })
  }

  addMetadata(createdBy: string): void {
    this.history.push({ created: iso(this.createdMs), created_by: createdBy, empty_layer: true })
  }

  toConfig(): ConfigBlob {
    const Env = [...this.env].map(([name, value]) => `${name}=${value}`)
    return {
      created: iso(this.createdMs),
      ...(this.author === "" ? {} : { author: this.author }),
      ...this.platform,
      config: { ...this.config, ...(Env.length > 0 ? { Env } : {}) },
      rootfs: { type: "layers", diff_ids: this.diffIds },
      history: this.history,
    }
  }
}

function asOci(descriptor: BuiltLayer["blob"]): BuiltLayer["blob"] {
  const { mediaType, digest, size } = descriptor
  if (!mediaType.startsWith("application/vnd.docker.")) return { mediaType, digest, size }
  return { mediaType: mediaType.endsWith("gzip") ? MediaType.ociLayerGzip : MediaType.ociLayer, digest, size }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
