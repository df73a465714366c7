import { existsSync, statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { REVISION_EMPTY } from "../engine.ts"
import { StoreCorruptError } from "../errors.ts"

/** "GNTR": tells a store from other SQLite files. */
const APPLICATION_ID = 0x474e5452
const SCHEMA_VERSION = 1
const PAGE_BYTES = 4096
/** Pages of write-ahead log before they are moved into the database: 16 MiB. Bounds the time of recovery. */
const CHECKPOINT_PAGES = 4000
const CACHE_KIB = 16 * 1024

/*
 * log      One row per changed key per revision, never updated; a deletion has version 0. The id is
 *          revision * IDS_PER_REVISION + place within the transaction, so the order of ids is the order of changes.
 * current  One narrow row per existing key, pointing to its row in the log: what reads and comparisons need.
 * state    One row: counters that would be slow to derive.
 */
const SCHEMA = `
CREATE TABLE log (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB NOT NULL, create_revision INTEGER NOT NULL,
  version INTEGER NOT NULL, lease INTEGER NOT NULL, time_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX log_key ON log (key);
CREATE TABLE current (
  key TEXT PRIMARY KEY, id INTEGER NOT NULL, create_revision INTEGER NOT NULL, version INTEGER NOT NULL,
  lease INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX current_lease ON current (lease) WHERE lease <> 0;
CREATE TABLE lease (
  id INTEGER PRIMARY KEY AUTOINCREMENT, ttl_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX lease_expires ON lease (expires_ms);
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL, compact_revision INTEGER NOT NULL,
  swept_id INTEGER NOT NULL, live_bytes INTEGER NOT NULL, history_bytes INTEGER NOT NULL, key_count INTEGER NOT NULL
) STRICT;
INSERT INTO state VALUES (0, ${REVISION_EMPTY}, ${REVISION_EMPTY}, 0, 0, 0, 0);
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`

/** Room for the operations of one transaction (`TXN_OPERATIONS_MAX`). */
export const IDS_PER_REVISION = 1024

/**
 * Opens or creates the database of a store. `fileBytesMax` caps the size of the file; beyond it writes fail as on a
 * full disk. Throws `StoreCorruptError` when the file is something else, and SQLite's own errors.
 */
export function openDatabase(path: string, fileBytesMax: number | undefined): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    const applicationId = readPragma(db, "application_id")
    const version = readPragma(db, "user_version")
    const isNew = applicationId === 0 && version === 0 && readPragma(db, "schema_version") === 0
    if (!isNew && applicationId !== APPLICATION_ID) {
      throw new StoreCorruptError(path, "it is the database of another program")
    }
    if (!isNew && version !== SCHEMA_VERSION) {
      throw new StoreCorruptError(path, `its schema is version ${version}, this program knows ${SCHEMA_VERSION}`)
    }
    // Only now: setting the journal mode writes into the file.
    // FULL: an acknowledged write survives a power cut. EXCLUSIVE is not needed, the lock file keeps others out.
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY;`)
    if (fileBytesMax !== undefined) db.exec(`PRAGMA max_page_count = ${Math.ceil(fileBytesMax / PAGE_BYTES)}`)
    if (isNew) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Bytes that the database takes on disk. */
export function fileBytes(path: string): number {
  return [path, `${path}-wal`, `${path}-shm`].reduce(
    (sum, file) => sum + (existsSync(file) ? statSync(file).size : 0),
    0,
  )
}

function readPragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0)
}
