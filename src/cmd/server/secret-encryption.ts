import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Secret } from "../../api/core/v1/secret.ts"
import { createAesGcmTransformer } from "../../apiserver/encryption/aes-gcm.ts"
import type { KubeApiServerOptions } from "../../apiserver/kube-apiserver.ts"
import { UserError } from "../../cli/user-error.ts"
import { writeAtomically } from "../../pki/files.ts"
import type { Random } from "../../platform/random.ts"

const KEY_BYTES = 32

/**
 * Encrypts secrets on disk from the first one on, with a key that is made with the cluster. `isNew`: the cluster has no
 * store yet, so a key may be made; later a missing one means that secrets cannot be read.
 */
export function secretEncryption(
  pkiDir: string,
  random: Pick<Random, "bytes">,
  isNew: boolean,
): NonNullable<KubeApiServerOptions["transformerOf"]> {
  const secret = readOrMakeKey(join(pkiDir, "encryption.key"), random, isNew)
  const transformer = createAesGcmTransformer([{ name: "key1", secret }], random)
  return (resource) => (resource === Secret ? transformer : undefined)
}

function readOrMakeKey(file: string, random: Pick<Random, "bytes">, isNew: boolean): Uint8Array {
  if (!existsSync(file)) {
    if (!isNew) {
      throw new UserError(
        `${file} is missing: without it the cluster's secrets cannot be read. Restore it from a backup.`,
      )
    }
    const made = Buffer.from(random.bytes(KEY_BYTES))
    writeAtomically(file, `${made.toString("base64")}\n`, { durable: true })
    return made
  }
  const key = Buffer.from(readFileSync(file, "utf8").trim(), "base64")
  if (key.length === KEY_BYTES) return key
  throw new UserError(
    `${file}: found ${key.length} bytes, expected ${KEY_BYTES} in base64. Restore the file: without it secrets cannot be read.`,
  )
}
