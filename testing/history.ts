import type { Store } from "../src/store/store.ts"

/** One change of one object, as it was stored. */
export interface HistoryEntry {
  readonly revision: number
  /** Such as `/registry/pods/default/web`. */
  readonly key: string
  readonly deleted: boolean
  /** The stored JSON. Empty for deletions. */
  readonly value: string
}

/** Every change after a revision that the store still has, in order. */
export async function readHistory(store: Store, afterRevision = 0): Promise<HistoryEntry[]> {
  const { compactRevision, revision } = await store.status()
  const entries: HistoryEntry[] = []
  const fromRevision = Math.max(compactRevision, afterRevision)
  if (fromRevision >= revision) return entries
  const stop = new AbortController()
  for await (const batch of store.watch({ prefix: "", fromRevision, signal: stop.signal })) {
    for (const { entry, type } of batch.events) {
      const { key, modRevision } = entry
      const value = Buffer.from(entry.value).toString()
      entries.push({ revision: modRevision, key, deleted: type === "delete", value })
    }
    if (batch.revision >= revision) break
  }
  stop.abort()
  return entries
}
