import { Secret } from "../../api/core/v1/secret.ts"
import { createAesGcmTransformer } from "../../apiserver/encryption/aes-gcm.ts"
import { rotateKey } from "../../apiserver/encryption/rotate-key.ts"
import type { KubeApiServerOptions } from "../../apiserver/kube-apiserver.ts"
import { resourcePrefix } from "../../apiserver/resources/storage-key.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Store } from "../../store/store.ts"
import { openSecretKeys } from "./secret-keys.ts"

/** Encrypts secrets on disk from the first one on, with a key that is made with the cluster and can be replaced. */
export interface SecretEncryption {
  readonly transformerOf: NonNullable<KubeApiServerOptions["transformerOf"]>
  /** A key is being replaced, or was when the server ended. */
  readonly isRotating: boolean
  /**
   * Puts a new key in the place of the present one, or goes on where that was broken off; whoever calls meanwhile joins.
   * `caughtUp` resolves when the server has read everything that is stored. Resolves with how many secrets were written.
   */
  rotate(caughtUp: () => Promise<void>): Promise<number>
}

/** `isNew`: the cluster has no store yet, so a key may be made. */
export function secretEncryption(
  pkiDir: string,
  store: Store,
  platform: Pick<Platform, "clock" | "random">,
  isNew: boolean,
): SecretEncryption {
  const { random } = platform
  const { ring, save } = openSecretKeys(pkiDir, platform, isNew)
  const transformer = createAesGcmTransformer(ring, random)
  let rotating: Promise<number> | undefined
  return {
    transformerOf: (resource) => (resource === Secret ? transformer : undefined),
    get isRotating() {
      return ring.keys.length > 1
    },
    rotate(caughtUp) {
      const prefix = resourcePrefix(Secret)
      rotating ??= rotateKey({ store, prefix, ring, save, random, caughtUp }).finally(() => (rotating = undefined))
      return rotating
    },
  }
}
