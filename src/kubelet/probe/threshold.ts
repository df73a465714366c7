import type { Probe } from "../../api/core/v1/handlers.ts"
import type { ProbeResult } from "../pod/facts.ts"

export type ProbeType = "startup" | "readiness" | "liveness"

/** How far a probe has come. */
export interface ProbeState {
  readonly result: ProbeResult
  /** The last outcome, and how often in a row. */
  readonly last: "success" | "failure" | undefined
  readonly run: number
  /** No more probing of this container: it is about to be killed, or startup is over. */
  readonly over: boolean
}

/** Before the first outcome: unready, alive, and not started. */
const initialResults: Record<ProbeType, ProbeResult> = { startup: "unknown", readiness: "failure", liveness: "success" }

export function initialState(type: ProbeType): ProbeState {
  return { result: initialResults[type], last: undefined, run: 0, over: false }
}

const successDefault = 1
const failureDefault = 3

/** What an outcome makes of a probe: the result changes only after enough equal outcomes in a row. */
export function afterOutcome(type: ProbeType, spec: Probe, state: ProbeState, succeeded: boolean): ProbeState {
  const last = succeeded ? "success" : "failure"
  const run = state.last === last ? state.run + 1 : 1
  const needed = succeeded ? (spec.successThreshold ?? successDefault) : (spec.failureThreshold ?? failureDefault)
  if (run < needed) return { ...state, last, run }
  const over = type === "startup" || (type === "liveness" && !succeeded)
  return { result: last, last, run, over }
}
