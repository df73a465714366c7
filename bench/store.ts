import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { realClock } from "../src/platform/node/clock.ts"
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts"
import type { Store } from "../src/store/store.ts"
import { type Measurement, measurement, printLines } from "./measurement.ts"

const CONCURRENCY = 64
const VALUE = new Uint8Array(1024).fill(0x61)
const RUN_MS = 3000
const KEYS_OPENED = 10_000

/**
 * Durable single-key transactions per second of the SQLite store at 64 concurrent writers, against bare node:sqlite
 * that commits 64 rows at a time into one table; and the time to open a store of 10,000 keys, against opening the
 * bare database.
 */
export async function run(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(process.env["BENCH_DIR"] ?? tmpdir(), "gantry-bench-store-"))
  try {
    const bare = bareRowsPerSecond(join(folder, "bare.db"))
    const creates = await storeRate(join(folder, "creates.db"), createNext)
    const updates = await storeRate(join(folder, "updates.db"), updateOwn)
    const open = await openMs(join(folder, "open.db"))
    return [
      measurement("store", "durable creates, 64 at a time", creates, "1/s", bare),
      measurement("store", "durable compare-and-swap updates, 64 at a time", updates, "1/s", bare),
      measurement("store", "open with 10,000 keys", open.store, "ms", open.bare),
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The floor: the same durability and group size, one table, no versions, no index beside the key. */
function bareRowsPerSecond(path: string): number {
  const db = new DatabaseSync(path)
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE kv (key TEXT PRIMARY KEY, value BLOB)")
  const insert = db.prepare("INSERT INTO kv VALUES (?, ?)")
  const startMs = realClock.monotonicMs()
  let rows = 0
  while (realClock.monotonicMs() - startMs < RUN_MS) {
    db.exec("BEGIN IMMEDIATE")
    for (let row = 0; row < CONCURRENCY; row++) insert.run(`/registry/pods/default/web-${rows++}`, VALUE)
    db.exec("COMMIT")
  }
  db.close()
  return (rows * 1000) / (realClock.monotonicMs() - startMs)
}

type Write = (store: Store, worker: number, round: number) => Promise<unknown>

async function createNext(store: Store, worker: number, round: number): Promise<void> {
  const key = `/registry/pods/default/web-${worker}-${round}`
  await store.txn({ compare: [{ key, absent: true }], success: [{ type: "put", key, value: VALUE }] })
}

const revisions = new Map<number, number>()

async function updateOwn(store: Store, worker: number, round: number): Promise<void> {
  const key = `/registry/pods/default/web-${worker}`
  const last = revisions.get(worker)
  const compare = round === 0 || last === undefined ? { key, absent: true as const } : { key, modRevision: last }
  const result = await store.txn({ compare: [compare], success: [{ type: "put", key, value: VALUE }] })
  revisions.set(worker, result.revision)
}

async function storeRate(path: string, write: Write): Promise<number> {
  const store = await openSqliteStore({ path, platform: { clock: realClock } })
  const startMs = realClock.monotonicMs()
  let writes = 0
  const writers = Array.from({ length: CONCURRENCY }, async (_, worker) => {
    for (let round = 0; realClock.monotonicMs() - startMs < RUN_MS; round++, writes++) await write(store, worker, round)
  })
  await Promise.all(writers)
  const rate = (writes * 1000) / (realClock.monotonicMs() - startMs)
  await store.close()
  return rate
}

async function openMs(path: string): Promise<{ readonly store: number; readonly bare: number }> {
  const platform = { clock: realClock }
  const filled = await openSqliteStore({ path, platform })
  await Promise.all(Array.from({ length: KEYS_OPENED }, (_, index) => createNext(filled, index, 0)))
  await filled.close()
  const startMs = realClock.monotonicMs()
  const db = new DatabaseSync(path)
  db.prepare("SELECT revision FROM state").get()
  db.close()
  const bareMs = realClock.monotonicMs()
  const store = await openSqliteStore({ path, platform })
  await store.revision()
  const opened = realClock.monotonicMs()
  await store.close()
  return { store: opened - bareMs, bare: bareMs - startMs }
}

if (import.meta.main) printLines(await run())
