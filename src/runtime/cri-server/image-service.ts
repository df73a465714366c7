import { type ImageStatus, type ImageStore, isImageError, type RegistryCredentials } from "../../images/images.ts"
import type { HandlersOf } from "../../machinery/grpc/service.ts"
import type { InputOf, TypeOf } from "../../machinery/schema/schema.ts"
import type { Clock } from "../../platform/clock.ts"
import type { AuthConfig, Image, ImageFilter } from "../cri/image-messages.ts"
import type { ImageService } from "../cri/services.ts"
import { invalid, translated } from "./errors.ts"
import { filesystemMessage } from "./stats-message.ts"

const NS_PER_MS = 1_000_000n

/** The image store, as CRI. */
export function imageService({
  clock,
  images,
}: {
  readonly images: ImageStore
  readonly clock: Clock
}): HandlersOf<typeof ImageService> {
  const list = async ({ image }: TypeOf<typeof ImageFilter> = {}) => {
    const wanted = image?.image ?? ""
    if (wanted === "") return (await images.list()).map(imageMessage)
    const found = await images.status(wanted)
    return found === null ? [] : [imageMessage(found)]
  }
  return {
    ...translated({
      async ListImages({ filter }) {
        return { images: await list(filter) }
      },
      async ImageStatus({ image = {}, verbose = false }) {
        const found = await images.status(referenceOf(image)).catch(unlessInvalid)
        if (found === null) return {}
        const info = { info: JSON.stringify({ imageSpec: { config: configOf(found), ...found.platform } }) }
        return { image: imageMessage(found), ...(verbose && { info }) }
      },
      async PullImage({ auth, image = {} }, { signal }) {
        const credentials = auth === undefined ? [] : [credentialsOf(auth)]
        const { id } = await images.pull(referenceOf(image), { auth: credentials, signal })
        return { imageRef: id }
      },
      async RemoveImage({ image = {} }) {
        // All names go with it, as in containerd.
        const id = await images.resolve(referenceOf(image))
        if (id !== null) await images.remove(id)
        return {}
      },
      async ImageFsInfo() {
        const { inodesUsed, mountpoint, usedBytes } = await images.fsInfo()
        const timestampNs = BigInt(Math.round(clock.nowMs())) * NS_PER_MS
        const usage = filesystemMessage({ timestampNs, mountpoint, usedBytes, inodesUsed })
        return { imageFilesystems: [usage], containerFilesystems: [usage] }
      },
    } satisfies HandlersOf<typeof ImageService>),
    async *StreamImages({ filter }) {
      for (const each of await list(filter)) yield { images: [each] }
    },
  }
}

function referenceOf({ image = "" }: { readonly image?: string | undefined }): string {
  if (image === "") throw invalid("found no image, expected its name or id")
  return image
}

/** What is no name of an image is not here either. */
function unlessInvalid(error: unknown): null {
  if (isImageError(error, "InvalidReference")) return null
  throw error
}

function imageMessage(status: ImageStatus): InputOf<typeof Image> {
  const { id, repoDigests, repoTags, sizeBytes, uid, username } = status
  return {
    id,
    repoTags,
    repoDigests,
    size: sizeBytes,
    ...(uid !== null && { uid: { value: uid } }),
    username,
  }
}

function configOf({ config }: ImageStatus): object {
  return {
    User: config.user,
    Env: config.env,
    Entrypoint: config.entrypoint,
    Cmd: config.cmd,
    WorkingDir: config.workingDir,
    Labels: Object.fromEntries(config.labels),
    StopSignal: config.stopSignal,
  }
}

/** `auth` is `user:password` in base64, for those who give no name. Throws InvalidArgument. */
function credentialsOf(message: TypeOf<typeof AuthConfig>): RegistryCredentials {
  const { auth = "", identityToken, registryToken } = message
  let { password, username } = message
  if (auth !== "" && !username) {
    const decoded = Buffer.from(auth, "base64").toString()
    const colon = decoded.indexOf(":")
    if (colon < 0) throw invalid("found no colon in the decoded auth, expected user:password")
    username = decoded.slice(0, colon)
    password = decoded.slice(colon + 1)
  }
  return {
    ...(username && { username }),
    ...(password && { password }),
    ...(identityToken && { identityToken }),
    ...(registryToken && { registryToken }),
  }
}
