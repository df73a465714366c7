import { existsSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { type FileLock, LockedError, lockFile } from "../../platform/linux/file-lock.ts"
import type { Platform } from "../../platform/platform.ts"
import type { EngineStatus, SnapshotContent } from "../engine.ts"
import { EngineStore } from "../engine-store.ts"
import { StoreError, StoreLockedError } from "../errors.ts"
import { decodeSnapshot } from "../snapshot.ts"
import { RETENTION_DEFAULT, type Retention, type Store } from "../store.ts"
import { translateError } from "./sqlite-errors.ts"
import { WorkerCalls } from "./worker-calls.ts"

export interface SqliteStoreOptions {
  /** The database file. Its folder is created when missing; `-wal`, `-shm` and `.lock` files appear beside it. */
  readonly path: string
  readonly platform: Pick<Platform, "clock">
  /** How much history to keep. Default: a day, 256 MiB. */
  readonly retention?: Retention
  /** Caps the file; beyond it writes fail with `StoreFullError`. Default: no cap but the disk's. */
  readonly fileBytesMax?: number
  /** Creates the store from a snapshot. The file must not exist yet. */
  readonly snapshot?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/**
 * Opens the durable store: one SQLite database, owned by one worker thread. An acknowledged write survives a power
 * cut. Throws `StoreLockedError` when the store is open elsewhere, `StoreCorruptError`, `StoreFullError`,
 * `StoreIoError`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, platform, retention = RETENTION_DEFAULT, fileBytesMax, snapshot } = options
  const content = snapshot === undefined ? undefined : await decodeSnapshot(snapshot)
  const lock = takeLock(path)
  try {
    if (content !== undefined && existsSync(path)) {
      throw new StoreError(`${path} exists already: a snapshot can only become a new store, choose another path`)
    }
    const calls = new WorkerCalls({ path, fileBytesMax })
    const found = await calls.opened()
    const status = content === undefined ? found : await restore(calls, content)
    const closing = { call: calls.call.bind(calls), close: () => calls.close().finally(() => lock.release()) }
    return new EngineStore({ clock: platform.clock, retention, calls: closing, status })
  } catch (error) {
    lock.release()
    throw error
  }
}

function takeLock(path: string): FileLock {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    return lockFile(`${path}.lock`)
  } catch (error) {
    if (error instanceof LockedError) throw new StoreLockedError(path, error.holderPid)
    throw translateError(error, path)
  }
}

async function restore(calls: WorkerCalls, content: SnapshotContent): Promise<EngineStatus> {
  try {
    return await new Promise((resolve, reject) => {
      calls.call("restore", [content], (outcome) => {
        if ("error" in outcome) reject(outcome.error)
      })
      calls.call("status", [], (outcome) => ("error" in outcome ? reject(outcome.error) : resolve(outcome.value)))
    })
  } catch (error) {
    await calls.close()
    throw error
  }
}
