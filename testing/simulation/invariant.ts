import type { Record, StoredChange } from "./record.ts"

/** What the rules need to know of a simulation. */
export interface Situation {
  readonly record: Record
  readonly nowMs: number
  /** Pods have only changed because somebody asked for it: no container ended by itself, no node was lost. */
  readonly isCalm: boolean
  /** The same, and nobody has taken pods away from their controllers, by evictions or deletions. */
  readonly isUntouched: boolean
  /** A component was ended in the midst of its work. What it had asked for may have happened nevertheless. */
  readonly wasCrashed: boolean
  /** Grows each time that the cluster is found at rest: what was asked for before has been done. */
  readonly restsEver: number
}

/** Something that always holds, whatever goes wrong. Each simulation has rules of its own, which may keep state. */
export interface Invariant {
  readonly name: string
  /** Called for every change in the order of revisions; the record has it already. Throws what `broken` gives. */
  onChange?(change: StoredChange, situation: Situation): void
  /** Called when everything runs, no fault is set, and no control loop has work left. */
  atRest?(situation: Situation): void
  /** Called at the end, when everything has been put right and there was time for all of it. */
  atEnd?(situation: Situation): void
}

export class InvariantError extends Error {
  override readonly name = "InvariantError"
}

/** To be thrown: what was found, and what was expected. */
export function broken(what: string): InvariantError {
  return new InvariantError(what)
}
