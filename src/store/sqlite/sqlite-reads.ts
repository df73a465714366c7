import type { ChangesPage } from "../engine.ts"
import { bytesOf, CHANGES_PAGE_BYTES, CHANGES_PAGE_EVENTS, CHANGES_PAGE_REVISIONS, NO_BYTES } from "../engine.ts"
import { CompactedError, FutureRevisionError } from "../errors.ts"
import { compareKeys, prefixEnd } from "../keys.ts"
import type { Entry, HistoryEntry, PrefixRange, RangeRequest, RangeResult, RangeView, WatchEvent } from "../store.ts"
import type { EngineState } from "./engine-state.ts"
import { IDS_PER_REVISION } from "./schema.ts"
import type { HistoryRow, LogRow, SqlValue, Statements } from "./statements.ts"
import { allRows, eachRow, firstRow } from "./statements.ts"

/** SQLite orders every blob after every text. */
const AFTER_ALL_KEYS = new Uint8Array(1)
/** SQLite's way to say: no limit. */
const NO_LIMIT = -1

/** The first id that belongs to a later revision. */
export function idAfter(revision: number): number {
  return (revision + 1) * IDS_PER_REVISION
}

export function toEntry([id, key, value, createRevision, version, leaseId]: LogRow | HistoryRow): Entry {
  const modRevision = Math.floor(id / IDS_PER_REVISION)
  return { key, value: value ?? NO_BYTES, createRevision, modRevision, version, leaseId }
}

export function readRange(statements: Statements, state: EngineState, request: RangeRequest): RangeResult {
  const revision = request.atRevision ?? state.revision
  if (revision > state.revision) throw new FutureRevisionError(revision, state.revision)
  if (revision < state.compactRevision) throw new CompactedError(revision, state.compactRevision)
  if ("key" in request) {
    const entry = readKeyAt(statements, request.key, revision)
    const entries = entry === undefined || request.countOnly === true ? [] : [viewOf(entry, request)]
    return { revision, entries, more: false, count: entry === undefined ? 0 : 1 }
  }
  return readPrefix(statements, request, revision, revision === state.revision)
}

function readPrefix(
  statements: Statements,
  request: RangeView & PrefixRange,
  revision: number,
  isCurrent: boolean,
): RangeResult {
  const { prefix, startKey = "", limit, countOnly } = request
  const start = compareKeys(startKey, prefix) > 0 ? startKey : prefix
  const bounds: SqlValue[] = [start, prefixEnd(prefix) ?? AFTER_ALL_KEYS]
  if (!isCurrent) bounds.push(idAfter(revision))
  const select = isCurrent ? (request.keysOnly === true ? statements.rangeKeys : statements.range) : statements.rangeAt
  const rows = countOnly === true ? [] : allRows<LogRow>(select, ...bounds, limit ?? NO_LIMIT)
  const entries = rows.map((row) => viewOf(toEntry(row), request))
  const isComplete = countOnly !== true && (limit === undefined || entries.length < limit)
  const count = isComplete
    ? entries.length
    : (firstRow<readonly [number]>(isCurrent ? statements.count : statements.countAt, ...bounds)?.[0] ?? 0)
  return { revision, entries, more: countOnly !== true && count > entries.length, count }
}

function viewOf(entry: Entry, view: RangeView): Entry {
  return view.keysOnly === true ? { ...entry, value: NO_BYTES } : entry
}

function readKeyAt(statements: Statements, key: string, revision: number): Entry | undefined {
  const row = firstRow<LogRow>(statements.getAt, key, idAfter(revision))
  const entry = row === undefined ? undefined : toEntry(row)
  return entry === undefined || entry.version === 0 ? undefined : entry
}

export function readChanges(
  statements: Statements,
  state: EngineState,
  prefix: string,
  afterRevision: number,
): ChangesPage {
  if (afterRevision < state.compactRevision) throw new CompactedError(afterRevision, state.compactRevision)
  const last = Math.min(state.revision, afterRevision + CHANGES_PAGE_REVISIONS)
  const events: WatchEvent[] = []
  let bytes = 0
  let revision = afterRevision
  const bounds = [idAfter(afterRevision), idAfter(last), prefix, prefixEnd(prefix) ?? AFTER_ALL_KEYS]
  for (const row of eachRow<LogRow>(statements.changes, ...bounds)) {
    const entry = toEntry(row)
    const isFull = events.length >= CHANGES_PAGE_EVENTS || bytes >= CHANGES_PAGE_BYTES
    if (isFull && entry.modRevision !== revision) return { revision, events }
    revision = entry.modRevision
    const previous = readKeyAt(statements, entry.key, revision - 1)
    bytes += bytesOf(entry)
    if (entry.version !== 0) events.push({ type: "put", entry, previous })
    else if (previous !== undefined) events.push({ type: "delete", entry, previous })
  }
  return { revision: Math.max(last, afterRevision), events }
}

/** Kept versions that a read at the compact revision or later can see; what waits to be swept is left out. */
export function readHistory(statements: Statements, state: EngineState, key: string): readonly HistoryEntry[] {
  const versions = allRows<HistoryRow>(statements.history, key).map((row) => {
    const entry = toEntry(row)
    return { ...entry, deleted: entry.version === 0, timeMs: row[6] }
  })
  const oldest = versions.findLastIndex((version) => version.modRevision <= state.compactRevision)
  const visible = versions.slice(Math.max(oldest, 0))
  return oldest >= 0 && visible[0]?.deleted === true ? visible.slice(1) : visible
}
