import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import type { EncryptionKey, EncryptionKeys, KeyRing } from "../../apiserver/encryption/aes-gcm.ts"
import { KEY_BYTES } from "../../apiserver/encryption/rotate-key.ts"
import { UserError } from "../../cli/user-error.ts"
import { writeAtomically } from "../../platform/linux/files.ts"
import type { Platform } from "../../platform/platform.ts"

/**
 * The file of the keys that secrets are encrypted with. Each line is a key: its name, when it was made, and its bytes in
 * base64; the first encrypts. One key alone, without name and time, is what clusters of earlier versions have.
 */
export interface SecretKeys {
  readonly ring: KeyRing
  save(keys: EncryptionKeys): void
}

export interface SecretKey extends EncryptionKey {
  /** Since the Unix epoch. */
  readonly madeMs: number
}

const fileOf = (pkiDir: string): string => join(pkiDir, "encryption.key")

/**
 * Reads the keys. `mayMake`: the cluster has no store yet, so a key may be made; later a missing one means that secrets
 * cannot be read. Throws `UserError` when they are missing or damaged.
 */
export function openSecretKeys(
  pkiDir: string,
  { clock, random }: Pick<Platform, "clock" | "random">,
  mayMake: boolean,
): SecretKeys {
  const file = fileOf(pkiDir)
  let known: readonly SecretKey[]
  const save = (keys: EncryptionKeys): void => {
    const nowMs = clock.nowMs()
    known = keys.map((key) => ({ ...key, madeMs: known.find(({ name }) => name === key.name)?.madeMs ?? nowMs }))
    writeAtomically(file, known.map(formatKey).join(""), { durable: true })
  }
  if (existsSync(file) || !mayMake) {
    const keys = readSecretKeys(pkiDir)
    known = keys
    return { ring: { keys }, save }
  }
  known = []
  const keys: EncryptionKeys = [{ name: "key1", secret: random.bytes(KEY_BYTES) }]
  save(keys)
  return { ring: { keys }, save }
}

/** Throws `UserError` when the file is missing or damaged. */
export function readSecretKeys(pkiDir: string): readonly [SecretKey, ...SecretKey[]] {
  const file = fileOf(pkiDir)
  if (!existsSync(file)) {
    throw new UserError(
      `${file} is missing: without it the cluster's secrets cannot be read. Restore it from a backup.`,
    )
  }
  const lines = readFileSync(file, "utf8").trim().split("\n")
  const [first, ...rest] = lines.map((line) => parseKey(line, file))
  if (first !== undefined) return [first, ...rest]
  throw damaged(file, "no key")
}

const formatKey = ({ name, madeMs, secret }: SecretKey): string =>
  `${name} ${new Date(madeMs).toISOString()} ${Buffer.from(secret).toString("base64")}\n`

function parseKey(line: string, file: string): SecretKey {
  const parts = line.trim().split(" ")
  const isBare = parts.length === 1
  const [name = "", made = "", text = ""] = isBare ? ["key1", statSync(file).mtime.toISOString(), parts[0]] : parts
  const secret = Buffer.from(text, "base64")
  const madeMs = Date.parse(made)
  if (secret.length !== KEY_BYTES) throw damaged(file, `a key of ${secret.length} bytes`)
  if (!/^[a-z0-9-]+$/.test(name) || Number.isNaN(madeMs)) throw damaged(file, `no name and time in "${name} ${made}"`)
  return { name, madeMs, secret }
}

const damaged = (file: string, found: string): UserError =>
  new UserError(
    `${file}: found ${found}, expected keys of ${KEY_BYTES} bytes in base64. Restore the file: without it secrets cannot be read.`,
  )
