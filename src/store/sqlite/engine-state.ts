import { firstRow, type Statements } from "./statements.ts"

/** Counters of the store, kept in memory and saved with each commit. */
export interface EngineState {
  revision: number
  compactRevision: number
  /** Every row of the log up to this id was looked at by compaction. */
  sweptId: number
  liveBytes: number
  historyBytes: number
  keyCount: number
}

type StateRow = readonly [number, number, number, number, number, number]

export function loadState(statements: Statements): EngineState {
  const row = firstRow<StateRow>(statements.loadState)
  if (row === undefined) throw new Error("the state row is missing")
  const [revision, compactRevision, sweptId, liveBytes, historyBytes, keyCount] = row
  return { revision, compactRevision, sweptId, liveBytes, historyBytes, keyCount }
}

export function saveState(statements: Statements, state: EngineState): void {
  const { revision, compactRevision, sweptId, liveBytes, historyBytes, keyCount } = state
  statements.saveState.run(revision, compactRevision, sweptId, liveBytes, historyBytes, keyCount)
}
