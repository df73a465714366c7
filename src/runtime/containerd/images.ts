import { statfsSync } from "node:fs"
import {
  ImageError,
  type ImageErrorCode,
  type NodeImage,
  type NodeImages,
  type RegistryCredentials,
} from "../../images/images.ts"
import { type GrpcCode, GrpcError } from "../../machinery/grpc/code.ts"
import type { ClientOf } from "../../machinery/grpc/service.ts"
import type { InputOf, TypeOf } from "../../machinery/schema/schema.ts"
import type { AuthConfig, Image } from "../cri/image-messages.ts"
import type { ImageService } from "../cri/services.ts"
import { CALL_MS } from "./calls.ts"
import { filesystemOf } from "./stats.ts"

const limit = { timeoutMs: CALL_MS }

export interface RuntimeImagesOptions {
  readonly cri: ClientOf<typeof ImageService>
  /** Throws `ImageError` InvalidReference for what can be no image's name. */
  readonly checkName: (ref: string) => void
  /** What the runtime's pods need; empty: unknown. Old runtimes do not say which of their images that is. */
  readonly sandboxImage: string
}

/** The images of a runtime. */
export function createRuntimeImages({ checkName, cri, sandboxImage }: RuntimeImagesOptions): NodeImages {
  const status = async (ref: string): Promise<NodeImage | null> => {
    const { image } = await called(cri.ImageStatus({ image: { image: ref } }, limit))
    return image === undefined ? null : imageOf(image)
  }
  const pull = async (ref: string, auth: RegistryCredentials | undefined, signal: AbortSignal | undefined) => {
    const request = { image: { image: ref }, ...(auth && { auth: authMessage(auth) }) }
    const { imageRef = "" } = await called(cri.PullImage(request, signal ? { signal } : {}))
    const image = await status(imageRef)
    if (image === null) throw new ImageError("NotFound", `the runtime has pulled ${ref}, and does not find ${imageRef}`)
    return image
  }
  return {
    async status(ref) {
      if (!ref.startsWith("sha256:")) checkName(ref)
      return status(ref)
    },
    async list() {
      const [{ images = [] }, own] = await Promise.all([
        called(cri.ListImages({}, limit)),
        sandboxImage === "" ? null : status(sandboxImage),
      ])
      return images.map((each) => ({ ...imageOf(each), ...((each.pinned || each.id === own?.id) && { pinned: true }) }))
    },
    async pull(ref, { auth = [], signal } = {}) {
      checkName(ref)
      for (const each of auth.slice(0, -1)) {
        try {
          return await pull(ref, each, signal)
        } catch (error) {
          if (signal?.aborted) throw error
        }
      }
      return pull(ref, auth.at(-1), signal)
    },
    async remove(ref) {
      await called(cri.RemoveImage({ image: { image: ref } }, limit))
    },
    // What nothing refers to any more is the runtime's to delete.
    collectGarbage: async () => undefined,
    async fsInfo() {
      const { imageFilesystems: [first] = [] } = await called(cri.ImageFsInfo({}, limit))
      const { inodesUsed, mountpoint, usedBytes } = filesystemOf(first)
      const { bavail, blocks, bsize, ffree, files } = statfsSync(mountpoint)
      const bytes = { usedBytes, capacityBytes: blocks * bsize, availableBytes: bavail * bsize }
      return { mountpoint, ...bytes, inodesUsed, inodes: files, inodesFree: ffree }
    },
  }
}

function imageOf(message: TypeOf<typeof Image>): NodeImage {
  const { id = "", repoDigests = [], repoTags = [], size = 0, uid, username = "" } = message
  return {
    id,
    repoDigests,
    repoTags,
    sizeBytes: Number(size),
    uid: uid === undefined ? null : Number(uid.value ?? 0),
    username,
  }
}

function authMessage(auth: RegistryCredentials): InputOf<typeof AuthConfig> {
  return { ...auth }
}

const CODES: Readonly<Partial<Record<GrpcCode, ImageErrorCode>>> = {
  NotFound: "NotFound",
  InvalidArgument: "InvalidReference",
  PermissionDenied: "Unauthorized",
  Unauthenticated: "Unauthorized",
}

async function called<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error
    throw new ImageError(CODES[error.code] ?? "Unreachable", error.message, { cause: error })
  }
}
