import type { Random } from "../../platform/random.ts"
import type { Entry, Store } from "../../store/store.ts"
import { createAesGcmTransformer, type EncryptionKeys, type KeyRing, keyNameOf } from "./aes-gcm.ts"

/** Puts another key in the place of the one that encrypts what is stored, while everything goes on. */
export interface RotateOptions {
  readonly store: Pick<Store, "range" | "txn" | "compact" | "revision">
  /** Of the keys in the store whose values are encrypted. */
  readonly prefix: string
  /** What the server encrypts and decrypts with. */
  readonly ring: KeyRing
  /** Keeps the keys where the next start finds them. On the disk when it returns. */
  readonly save: (keys: EncryptionKeys) => void
  readonly random: Pick<Random, "bytes">
  /** Resolves when nobody reads revisions any more that are older than the call. */
  readonly caughtUp: () => Promise<void>
}

export const KEY_BYTES = 32
const PAGE = 500
/** Nothing is stored there. */
const NOWHERE = "/registry/-/fence"

/**
 *     [old] ── save ──▶ [new, old] ── write all anew ──▶ ── forget history ──▶ ── save ──▶ [new]
 *
 * After a crash anywhere it is called again and goes on: as long as a value may need a key, that is among the saved
 * ones. Every value gets a new revision; earlier revisions of the whole store are gone afterwards, since they hold values
 * that only the old key opens. Resolves with how many values were written. Throws what the store or `save` throws.
 */
export async function rotateKey(options: RotateOptions): Promise<number> {
  const { store, ring, save, caughtUp } = options
  if (ring.keys.length === 1) {
    // Before the first value is written with it.
    replace(ring, [{ name: nextName(ring.keys), secret: options.random.bytes(KEY_BYTES) }, ...ring.keys], save)
  }
  let written = 0
  for (;;) {
    const found = await writeAnew(options)
    if (found === 0) break
    written += found
  }
  await store.compact(await store.revision())
  await caughtUp()
  replace(ring, [ring.keys[0]], save)
  return written
}

function replace(ring: KeyRing, keys: EncryptionKeys, save: RotateOptions["save"]): void {
  save(keys)
  ring.keys = keys
}

/** Never one that was used before, as long as the last key is known. */
function nextName(keys: EncryptionKeys): string {
  const numbers = keys.map(({ name }) => Number(/^key(\d+)$/.exec(name)?.[1] ?? 0))
  return `key${Math.max(...numbers) + 1}`
}

/** One way through all values. Returns how many did not have the new key. */
async function writeAnew({ store, prefix, ring, random }: RotateOptions): Promise<number> {
  const transformer = createAesGcmTransformer(ring, random)
  const { name } = ring.keys[0]
  // Transactions take effect in the order of their calls: what was encrypted before is there after this one.
  await store.txn({ compare: [{ key: NOWHERE, absent: true }], success: [] })
  let found = 0
  for (let startKey: string | undefined; ; ) {
    const page = await store.range({ prefix, limit: PAGE, ...(startKey !== undefined && { startKey }) })
    const old = page.entries.filter((entry) => keyNameOf(entry.value) !== name)
    found += old.length
    // Who was changed meanwhile has the new key, or is found the next time.
    await Promise.all(old.map((entry) => store.txn(rewriting(entry, transformer))))
    const last = page.entries.at(-1)
    if (!page.more || last === undefined) return found
    startKey = `${last.key}\0`
  }
}

function rewriting(
  { key, value, modRevision, leaseId }: Entry,
  transformer: ReturnType<typeof createAesGcmTransformer>,
) {
  const anew = transformer.toStorage(key, transformer.fromStorage(key, value))
  const put = { type: "put", key, value: anew, ...(leaseId !== 0 && { leaseId }) } as const
  return { compare: [{ key, modRevision }], success: [put] }
}
