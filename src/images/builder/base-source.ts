import { messageOf } from "../../machinery/status/message-of.ts"
import type { Platform } from "../../platform/platform.ts"
import { baseNames, isBaseName } from "../base/base-image.ts"
import type { Image } from "../content/catalog.ts"
import { platformSuits } from "../content/platform-match.ts"
import { parseReference } from "../content/reference.ts"
import type { DiskImageStore } from "../image-store.ts"
import { type ImagePlatform, isImageError } from "../images.ts"
import { at, type Instruction } from "./dockerfile.ts"
import { ImageDraft } from "./image-draft.ts"
import type { BuildContext } from "./stage-context.ts"

type MakeBase = (
  name: string,
  parts: { readonly store: DiskImageStore; readonly platform: Platform; readonly signal: AbortSignal },
) => Promise<void>

/** The image of a FROM or `--from`: one of this machine's own, one that is here, or one that is pulled. */
export async function baseImage(
  build: BuildContext,
  ref: string,
  platform: ImagePlatform | null,
  instruction: Instruction,
  makeBase: MakeBase,
): Promise<ImageDraft> {
  const { store, signal } = build
  try {
    parseReferenceOrId(ref)
    if (isBaseName(ref)) await makeBase(ref, { store, platform: build.platform, signal })
    const image = findImage(store, ref, platform) ?? (await pull(build, ref, platform))
    return ImageDraft.fromImage(image, await store.unpack(image, signal))
  } catch (error) {
    signal.throwIfAborted()
    throw at(instruction, messageOf(error), error)
  }
}

function parseReferenceOrId(ref: string): void {
  if (!/^sha256:[0-9a-f]{12,64}$/.test(ref)) parseReference(ref)
}

function findImage(store: DiskImageStore, ref: string, platform: ImagePlatform | null): Image | null {
  if (platform === null || platformSuits(platform, store.imagePlatform)) {
    const image = store.catalog.find(ref)
    if (image) return image
  }
  const named = platform === null ? null : store.catalog.named(ref)
  if (platform === null || named === null) return null
  try {
    return store.catalog.read(named.target, platform)
  } catch (error) {
    if (isImageError(error, "NoMatchingPlatform") || isImageError(error, "NotFound")) return null
    throw error
  }
}

async function pull(build: BuildContext, ref: string, platform: ImagePlatform | null): Promise<Image> {
  const { store, signal } = build
  build.emit({ kind: "note", text: `pulling ${ref}` })
  try {
    await store.pull(ref, { signal, ...(platform === null ? {} : { platform }) })
  } catch (error) {
    if (!isImageError(error, "Unreachable")) throw error
    throw new Error(`${error.message}. Without a registry there are ${baseNames.join(" and ")}`, { cause: error })
  }
  const image = findImage(store, ref, platform)
  if (image === null) throw new Error(`image ${ref} was pulled and is not here`)
  return image
}
