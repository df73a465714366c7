/** What stands between an object's JSON and the bytes in the store. Both directions are synchronous and pure. */
export interface StorageTransformer {
  /** `key` is authenticated where the transformer encrypts, so a value cannot be moved to another key. */
  toStorage(key: string, json: Uint8Array): Uint8Array
  /** Throws when the value cannot be read. */
  fromStorage(key: string, stored: Uint8Array): Uint8Array
}

export const PLAIN: StorageTransformer = { toStorage: (_key, json) => json, fromStorage: (_key, stored) => stored }
