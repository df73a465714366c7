import { createHash } from "node:crypto"
import { ImageError } from "../images.ts"

const PATTERN = /^sha256:[0-9a-f]{64}$/

/** Whether a text is a digest this store can hold: `sha256:` and 64 lower-case hexadecimal digits. */
export function isDigest(text: string): boolean {
  return PATTERN.test(text)
}

/** The digest of some bytes, `sha256:…`. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`
}

/** The hexadecimal part. Throws `ImageError` InvalidImage for anything that is not a sha256 digest. */
export function hexOf(digest: string): string {
  if (!isDigest(digest)) {
    throw new ImageError("InvalidImage", `digest ${JSON.stringify(digest)} is not "sha256:" and 64 hexadecimal digits`)
  }
  return digest.slice("sha256:".length)
}
