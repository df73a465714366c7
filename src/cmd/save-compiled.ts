import { flushCompileCache } from "node:module"
import type { Clock } from "../platform/clock.ts"

/** When a component that was started for the first time has done what follows its start. */
const SAVE_AFTER_MS = 10_000

/**
 * Node saves what it has compiled when a process ends by itself. A component may never do so, and after a power cut the
 * machine would compile everything again: that takes several seconds.
 */
export function saveCompiled(clock: Clock): void {
  clock.after(SAVE_AFTER_MS, flushCompileCache)
}
