import { createCipheriv, createDecipheriv } from "node:crypto"
import type { Random } from "../../platform/random.ts"
import type { StorageTransformer } from "../watch-cache/transformer.ts"

/** A key by name. The name is stored with each value, so that keys can be changed one after the other. */
export interface EncryptionKey {
  /** Letters, digits and dashes. */
  readonly name: string
  /** 32 bytes. */
  readonly secret: Uint8Array
}

/** The first encrypts, all decrypt. */
export type EncryptionKeys = readonly [EncryptionKey, ...EncryptionKey[]]

/** The keys as they are at this moment: while one takes another's place, there are two. */
export interface KeyRing {
  keys: EncryptionKeys
}

const PREFIX = "k8s:enc:aesgcm:v1:"
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts values with AES-256-GCM in the form that Kubernetes stores: prefix, key name, nonce, ciphertext, tag. The
 * storage key is authenticated with it, so a value cannot be moved to another name. What has no prefix was stored before
 * encryption began and is read as it is.
 * https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/
 */
export function createAesGcmTransformer(ring: Readonly<KeyRing>, random: Pick<Random, "bytes">): StorageTransformer {
  return {
    toStorage(key, json) {
      const [current] = ring.keys
      const head = Buffer.from(`${PREFIX}${current.name}:`)
      const nonce = random.bytes(NONCE_BYTES)
      const cipher = createCipheriv("aes-256-gcm", current.secret, nonce).setAAD(Buffer.from(key))
      return Buffer.concat([head, nonce, cipher.update(json), cipher.final(), cipher.getAuthTag()])
    },
    fromStorage(key, stored) {
      const name = keyNameOf(stored)
      if (name === undefined) return stored
      const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
      const nameEnd = PREFIX.length + name.length
      const found = ring.keys.find((candidate) => candidate.name === name)
      if (found === undefined) throw new Error(`${key} is encrypted with the key "${name}", which is not configured`)
      const body = bytes.subarray(nameEnd + 1)
      const decipher = createDecipheriv("aes-256-gcm", found.secret, body.subarray(0, NONCE_BYTES))
      decipher.setAAD(Buffer.from(key)).setAuthTag(body.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    },
  }
}

/** With which key a value is encrypted; undefined when it is not. */
export function keyNameOf(stored: Uint8Array): string | undefined {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
  if (!bytes.subarray(0, PREFIX.length).equals(Buffer.from(PREFIX))) return undefined
  return bytes.toString("latin1", PREFIX.length, bytes.indexOf(":", PREFIX.length))
}
