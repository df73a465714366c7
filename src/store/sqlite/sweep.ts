import type { SweepRequest, SweepResult } from "../engine.ts"
import type { EngineState } from "./engine-state.ts"
import { IDS_PER_REVISION } from "./schema.ts"
import type { Statements, UnsweptRow } from "./statements.ts"
import { allRows } from "./statements.ts"

/**
 * One step of compaction: looks at the oldest `rowsMax` rows it has not seen. A row at or below the compact revision
 * makes the older rows of its key unnecessary, and itself when it is a deletion. Retention moves the compact revision
 * forward, row by row, while history is too old or too large.
 */
export function sweep(
  statements: Statements,
  state: EngineState,
  { nowMs, retention, pinnedRevision }: SweepRequest,
  rowsMax: number,
): SweepResult {
  const last = Math.min(pinnedRevision ?? Infinity, state.revision)
  const rows = allRows<UnsweptRow>(statements.unswept, state.sweptId, rowsMax)
  let done = 0
  for (const row of rows) {
    const [id, , , timeMs] = row
    const revision = Math.floor(id / IDS_PER_REVISION)
    if (revision > state.compactRevision) {
      const isTooMuch = timeMs < nowMs - retention.ageMsMax || state.historyBytes > retention.bytesMax
      if (!isTooMuch || revision > last) break
      state.compactRevision = revision
    }
    prune(statements, state, row)
    state.sweptId = id
    done++
  }
  const { compactRevision, historyBytes } = state
  return { compactRevision, historyBytes, more: done === rowsMax }
}

function prune(statements: Statements, state: EngineState, [id, key, version]: UnsweptRow): void {
  for (const [length] of allRows<readonly [number]>(statements.deleteOlder, key, id)) {
    state.historyBytes -= key.length + length
  }
  if (version !== 0) return
  statements.deleteLog.run(id)
  state.historyBytes -= key.length
}
