import { rmSync } from "node:fs"
import type { Platform } from "../../platform/platform.ts"
import { ImageDraft } from "../builder/image-draft.ts"
import { storeLayer } from "../builder/layer-work.ts"
import { MediaType } from "../content/oci.ts"
import { canonicalName, parseReference } from "../content/reference.ts"
import type { DiskImageStore } from "../image-store.ts"
import { ImageError } from "../images.ts"
import { busyboxBase } from "./busybox.ts"
import { nodeBase } from "./node.ts"

/** Where images come from that are made of this machine's own programs. They are never pulled. */
const PREFIX = "docker.io/gantry/"
/** Tells from what an image was made, so that it is made anew when that changes. */
const SOURCE_LABEL = "dev.gantry.base.source"

/** A recipe for an image that needs nothing from elsewhere. */
export interface BaseRecipe {
  readonly name: string
  /** Name of the recipe it builds upon. */
  readonly below: string | null
  /** Changes when the program on the machine does. Throws `ImageError` NotFound when it is missing. */
  readonly version: () => string
  /** Writes the files into an empty folder; returns when the newest of them was made, in seconds since the epoch. */
  readonly write: (root: string, platform: Platform) => Promise<number>
  readonly env: readonly (readonly [name: string, value: string])[]
  readonly cmd: readonly string[]
}

export const baseRecipes: readonly BaseRecipe[] = [busyboxBase, nodeBase]
/** What people write after FROM. */
export const baseNames: readonly string[] = baseRecipes.map(({ name }) => `gantry/${name}`)

export interface BaseParts {
  readonly store: DiskImageStore
  readonly platform: Platform
  readonly signal?: AbortSignal
}

/** Whether a name means an image of this machine's own programs: `gantry/busybox`, `gantry/node`. */
export function isBaseName(ref: string): boolean {
  return canonicalName(parseReference(ref)).startsWith(PREFIX)
}

/** Makes an image of this machine's own programs, unless it is in the store and up to date. Throws `ImageError`. */
export async function makeBaseImage(ref: string, parts: BaseParts): Promise<void> {
  const reference = parseReference(ref)
  const recipe = baseRecipes.find(({ name }) => `${PREFIX}${name}` === `${reference.domain}/${reference.path}`)
  if (recipe === undefined || reference.tag !== "latest") {
    throw new ImageError("NotFound", `there is no image ${ref}: made from this machine are ${baseNames.join(", ")}`)
  }
  await makeFrom(recipe, parts)
}

async function makeFrom(recipe: BaseRecipe, parts: BaseParts): Promise<ImageDraft> {
  const { store, platform, signal } = parts
  const name = `${PREFIX}${recipe.name}:latest`
  const below = baseRecipes.find((other) => other.name === recipe.below)
  const draft = below === undefined ? new ImageDraft(store.imagePlatform) : (await makeFrom(below, parts)).copy()
  const source = [draft.config.Labels?.[SOURCE_LABEL] ?? [], recipe.version()].flat().join(" ")
  const existing = store.catalog.find(name)
  if (existing?.config.config?.Labels?.[SOURCE_LABEL] === source) {
    return ImageDraft.fromImage(existing, await store.unpack(existing, signal))
  }
  const dir = store.layers.temporaryDir()
  try {
    const newest = await recipe.write(dir, platform)
    const layer = await storeLayer(store, dir, { mtimeMax: newest, signal })
    draft.addLayer(layer, newest * 1000, `gantry/${recipe.name} from this machine`)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  for (const [key, value] of recipe.env) draft.env.set(key, value)
  draft.config = { ...draft.config, Cmd: recipe.cmd, Labels: { ...draft.config.Labels, [SOURCE_LABEL]: source } }
  const config = { mediaType: MediaType.ociConfig, ...store.blobs.putJson(draft.toConfig()) }
  const layers = draft.layers.map(({ blob }) => blob)
  const manifest = store.blobs.putJson({ schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers })
  await store.name([{ name, target: { mediaType: MediaType.ociManifest, ...manifest } }])
  return draft
}
