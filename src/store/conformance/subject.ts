import { test } from "node:test"
import { createSimPlatform, type SimPlatform } from "../../platform/sim/platform.ts"
import type { Entry, Op, RangeResult, Store, TxnResult, Watch, WatchBatch, WatchEvent } from "../store.ts"

export interface OpenedStore {
  readonly store: Store
  reopen?(): Promise<Store>
}

export type OpenStore = (platform: SimPlatform) => Promise<OpenedStore>

export interface Subject extends OpenedStore {
  readonly platform: SimPlatform
}

/** A test with an empty store, which is closed afterwards. */
export function storeTest(title: string, open: OpenStore, body: (subject: Subject) => Promise<void>): void {
  test(title, async () => {
    const platform = createSimPlatform({ seed: 1 })
    const opened = await open(platform)
    try {
      await body({ ...opened, platform })
    } finally {
      await opened.store.close()
    }
  })
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function text(value: Uint8Array): string {
  return new TextDecoder().decode(value)
}

export function put(store: Store, key: string, value: string, leaseId?: number): Promise<TxnResult> {
  const op: Op = { type: "put", key, value: bytes(value), ...(leaseId === undefined ? {} : { leaseId }) }
  return store.txn({ compare: [], success: [op] })
}

export function remove(store: Store, key: string): Promise<TxnResult> {
  return store.txn({ compare: [], success: [{ type: "delete", key }] })
}

export async function get(store: Store, key: string): Promise<Entry | undefined> {
  return (await store.range({ key })).entries[0]
}

/** `key=value` for each entry. */
export function list(result: Pick<RangeResult, "entries">): string[] {
  return result.entries.map((entry) => `${entry.key}=${text(entry.value)}`)
}

/** `revision key=value(previous)` or `revision -key(previous)`. */
export function describeEvent({ type, entry, previous }: WatchEvent): string {
  const before = previous === undefined ? "" : `(${text(previous.value)})`
  const what = type === "put" ? `${entry.key}=${text(entry.value)}` : `-${entry.key}`
  return `${entry.modRevision} ${what}${before}`
}

/** Reads events until there are `count`. */
export async function take(watch: Watch, count: number): Promise<string[]> {
  const found: string[] = []
  for await (const batch of watch) {
    found.push(...batch.events.map(describeEvent))
    if (found.length >= count) return found
  }
  return found
}

/** Reads up to the store's revision at the call. */
export async function takeAll(watch: Watch, upTo: number): Promise<string[]> {
  const found: string[] = []
  watch.requestProgress()
  for await (const batch of watch) {
    found.push(...batch.events.map(describeEvent))
    if (batch.revision >= upTo) return found
    if (batch.events.length === 0) watch.requestProgress()
  }
  return found
}

export async function collect(watch: Watch): Promise<WatchBatch[]> {
  const batches: WatchBatch[] = []
  for await (const batch of watch) batches.push(batch)
  return batches
}
