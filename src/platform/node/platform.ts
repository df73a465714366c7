import type { Writable } from "node:stream"
import type { Platform } from "../platform.ts"
import { realClock } from "./clock.ts"
import { createLogger, type LogLevel } from "./logger.ts"
import { realProcesses } from "./processes.ts"
import { realRandom } from "./random.ts"

export interface NodePlatformOptions {
  /** The least level that is printed. Default: `info`. */
  readonly logLevel?: LogLevel
  /** Where log lines go. Default: standard error. */
  readonly logTo?: Writable
}

/** The real platform: this machine's clock, random numbers and processes. */
export function createNodePlatform(options: NodePlatformOptions = {}): Platform {
  return {
    clock: realClock,
    random: realRandom,
    processes: realProcesses,
    log: createLogger({
      level: options.logLevel ?? "info",
      to: options.logTo ?? process.stderr,
      nowMs: realClock.nowMs,
    }),
  }
}
