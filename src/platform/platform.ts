import type { Clock } from "./clock.ts"
import type { Logger } from "./log.ts"
import type { Processes } from "./processes.ts"
import type { Random } from "./random.ts"

/**
 * What a component is handed instead of reaching for globals. Real: `node/platform.ts`; seeded and virtual:
 * `sim/platform.ts`. Most components need only a part; ask for the part (`Pick<Platform, "clock">`).
 */
export interface Platform {
  readonly clock: Clock
  readonly random: Random
  readonly processes: Processes
  readonly log: Logger
}
