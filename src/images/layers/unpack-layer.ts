import { createHash } from "node:crypto"
import { ImageError } from "../images.ts"
import { decompress } from "./decompress.ts"
import { TarReader } from "./tar-reader.ts"
import { LayerUnpacker, type UnpackLimits } from "./unpacker.ts"

export interface UnpackedLayer {
  /** Digest of the uncompressed tar. */
  readonly diffId: string
  readonly bytes: number
  readonly inodes: number
  /** False when the result depends on the layers below. */
  readonly selfContained: boolean
}

/**
 * Unpacks a layer (tar, gzip or zstd) into `root`, an existing empty directory. On failure the directory is left as it
 * is, for the caller to delete. Throws `ImageError` InvalidImage or the signal's reason.
 */
export async function unpackLayer(
  blob: AsyncIterable<Uint8Array>,
  root: string,
  options: {
    readonly lowers?: readonly string[]
    readonly limits?: UnpackLimits
    readonly signal?: AbortSignal | undefined
    readonly onBytes?: (bytes: number) => void
  } = {},
): Promise<UnpackedLayer> {
  const unpacker = new LayerUnpacker(root, options.lowers ?? [], options.limits)
  const reader = new TarReader(unpacker)
  const hash = createHash("sha256")
  try {
    for await (const chunk of decompress(blob)) {
      options.signal?.throwIfAborted()
      hash.update(chunk)
      reader.push(chunk)
      options.onBytes?.(chunk.length)
    }
    reader.finish()
    unpacker.finish()
  } catch (error) {
    unpacker.abort()
    throw diskError(error)
  }
  return { diffId: `sha256:${hash.digest("hex")}`, ...unpacker.usage, selfContained: unpacker.selfContained }
}

function diskError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new Error("no space left on the device while unpacking a layer; free some space and try again", {
      cause: error,
    })
  }
  if (code === "ENAMETOOLONG" || code === "ELOOP" || code === "ENOTDIR" || code === "EISDIR") {
    return new ImageError("InvalidImage", `invalid layer: ${error instanceof Error ? error.message : ""}`, {
      cause: error,
    })
  }
  return error
}
