import type { BlobStore } from "../content/blob-store.ts"
import type { Image } from "../content/catalog.ts"
import type { PushOptions } from "../images.ts"
import type { Repository } from "./client.ts"

/**
 * Uploads an image for one platform: blobs that the registry lacks, then the manifest under its tag. An index is not
 * uploaded, because only this machine's part of it is here.
 */
export async function pushImage(
  repository: Repository,
  image: Image,
  tag: string,
  blobs: BlobStore,
  options: PushOptions,
): Promise<{ readonly digest: string }> {
  const { signal, onProgress } = options
  for (const { digest, size } of [...image.manifest.layers, image.manifest.config]) {
    if (await repository.hasBlob(digest, signal)) {
      onProgress?.({ digest, phase: "exists", doneBytes: size, totalBytes: size })
      continue
    }
    let doneBytes = 0
    async function* open(): AsyncGenerator<Uint8Array> {
      doneBytes = 0
      for await (const chunk of blobs.stream(digest)) {
        yield chunk
        doneBytes += chunk.length
        onProgress?.({ digest, phase: "uploading", doneBytes, totalBytes: size })
      }
    }
    await repository.uploadBlob({ digest, size, open }, signal)
    onProgress?.({ digest, phase: "done", doneBytes: size, totalBytes: size })
  }
  await repository.putManifest(tag, blobs.read(image.manifestDigest), image.manifest.mediaType, signal)
  return { digest: image.manifestDigest }
}
