import type { DatabaseSync, StatementSync } from "node:sqlite"

const LOG_COLUMNS = "l.id, l.key, l.value, l.create_revision, l.version, l.lease"

/** Key ranges are `key >= ? AND key < ?`. */
const SQL = {
  current: `SELECT ${LOG_COLUMNS} FROM current c JOIN log l ON l.id = c.id WHERE c.key = ?`,
  currentId: "SELECT id FROM current WHERE key = ?",
  insertLog: "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)",
  setCurrent: "INSERT OR REPLACE INTO current VALUES (?, ?, ?, ?, ?)",
  deleteCurrent: "DELETE FROM current WHERE key = ?",

  range: `SELECT ${LOG_COLUMNS} FROM current c CROSS JOIN log l ON l.id = c.id
    WHERE c.key >= ? AND c.key < ? ORDER BY c.key LIMIT ?`,
  rangeKeys: `SELECT id, key, NULL, create_revision, version, lease FROM current
    WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`,
  count: "SELECT count(*) FROM current WHERE key >= ? AND key < ?",

  rangeAt: `SELECT ${LOG_COLUMNS} FROM
    (SELECT key, max(id) AS id FROM log INDEXED BY log_key WHERE key >= ? AND key < ? AND id < ? GROUP BY key) m
    CROSS JOIN log l ON l.id = m.id WHERE l.version <> 0 ORDER BY m.key LIMIT ?`,
  countAt: `SELECT count(*) FROM
    (SELECT max(id) AS id FROM log INDEXED BY log_key WHERE key >= ? AND key < ? AND id < ? GROUP BY key) m
    CROSS JOIN log l ON l.id = m.id WHERE l.version <> 0`,
  getAt: `SELECT ${LOG_COLUMNS} FROM log l WHERE l.key = ? AND l.id < ? ORDER BY l.id DESC LIMIT 1`,

  // The plus keeps SQLite from reading by key and sorting: the order of ids is what matters.
  changes: `SELECT ${LOG_COLUMNS} FROM log l WHERE l.id >= ? AND l.id < ? AND +l.key >= ? AND +l.key < ? ORDER BY l.id`,
  history: `SELECT ${LOG_COLUMNS}, l.time_ms FROM log l WHERE l.key = ? ORDER BY l.id`,

  unswept: "SELECT id, key, version, time_ms FROM log WHERE id > ? ORDER BY id LIMIT ?",
  deleteOlder: "DELETE FROM log WHERE key = ? AND id < ? RETURNING length(value)",
  deleteLog: "DELETE FROM log WHERE id = ?",

  insertLease: "INSERT INTO lease (ttl_ms, expires_ms) VALUES (?, ?)",
  restoreLease: "INSERT INTO lease VALUES (?, ?, ?)",
  lease: "SELECT id, ttl_ms, expires_ms FROM lease WHERE id = ?",
  leases: "SELECT id, ttl_ms, expires_ms FROM lease ORDER BY id",
  expiredLeases: "SELECT id FROM lease WHERE expires_ms <= ? ORDER BY expires_ms, id LIMIT ?",
  nextExpiry: "SELECT min(expires_ms) FROM lease",
  leaseKeys: "SELECT key FROM current WHERE lease = ? AND lease <> 0 ORDER BY key LIMIT ?",
  deleteLease: "DELETE FROM lease WHERE id = ?",

  loadState: "SELECT revision, compact_revision, swept_id, live_bytes, history_bytes, key_count FROM state",
  saveState: `UPDATE state SET revision = ?, compact_revision = ?, swept_id = ?, live_bytes = ?, history_bytes = ?,
    key_count = ?`,
  begin: "BEGIN IMMEDIATE",
  commit: "COMMIT",
} as const

export type Statements = { readonly [Name in keyof typeof SQL]: StatementSync }

/** Statements that return rows as arrays in the order of their columns. */
export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => {
    const statement = db.prepare(sql)
    statement.setReturnArrays(true)
    return [name, statement] as const
  })
  return Object.fromEntries(prepared) as Statements
}

/** What a select of the log's columns gives. */
export type LogRow = readonly [
  id: number,
  key: string,
  value: Uint8Array | null,
  createRevision: number,
  version: number,
  lease: number,
]
export type HistoryRow = readonly [...LogRow, timeMs: number]
export type LeaseRow = readonly [id: number, ttlMs: number, expiresMs: number]
export type UnsweptRow = readonly [id: number, key: string, version: number, timeMs: number]

/** The types of node:sqlite know rows as objects only; statements here return arrays of a known shape. */
export function firstRow<Row>(statement: StatementSync, ...args: readonly SqlValue[]): Row | undefined {
  return statement.get(...args) as unknown as Row | undefined
}

export function allRows<Row>(statement: StatementSync, ...args: readonly SqlValue[]): readonly Row[] {
  return statement.all(...args) as unknown as readonly Row[]
}

export function eachRow<Row>(statement: StatementSync, ...args: readonly SqlValue[]): Iterable<Row> {
  return statement.iterate(...args) as unknown as Iterable<Row>
}

export type SqlValue = string | number | Uint8Array
