import { VolumeNameError } from "../../storage/storage.ts"
import { HttpError } from "./answer.ts"
import type { KubeletRequest } from "./context.ts"

/** `PUT` makes a folder for a volume and tells its path, `DELETE` removes it with everything in it. Both may be repeated. */
export async function changeVolumeFolder({ request, parts, volumeFolders }: KubeletRequest): Promise<unknown> {
  if (volumeFolders === undefined) throw new HttpError(404, "this node has no folders for volumes")
  const [, name = ""] = parts
  try {
    if (request.method === "PUT") return { path: await volumeFolders.make(name) }
    await volumeFolders.remove(name)
    return {}
  } catch (error) {
    if (error instanceof VolumeNameError) throw new HttpError(400, error.message, { cause: error })
    throw error
  }
}
