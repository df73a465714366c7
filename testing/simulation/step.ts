import type { Simulation } from "./simulation.ts"

/** Something that a simulation may do next. */
export interface Step {
  readonly name: string
  /** How likely it is, compared with others. */
  readonly weight: number
  /** It can be done while the API server is gone. */
  readonly withoutServer?: true
  /** Does it and tells what. Undefined: there is nothing to do it to. */
  run(sim: Simulation): Promise<string | undefined>
}
