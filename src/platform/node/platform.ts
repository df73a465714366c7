import { fstatSync, writeSync } from "node:fs"
import { Writable } from "node:stream"
import { hasCode } from "../linux/system-error.ts"
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

const STANDARD_ERROR = 2

/**
 * A process whose log is a file goes on when the disk is full, without the lines that do not fit. Node's own stream would
 * end it.
 */
function standardError(): Writable {
  if (!fstatSync(STANDARD_ERROR).isFile()) return process.stderr
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        writeSync(STANDARD_ERROR, chunk)
      } catch (error) {
        if (!hasCode(error, "ENOSPC", "EDQUOT")) return done(error instanceof Error ? error : new Error(String(error)))
      }
      done()
    },
  })
}

/** The real platform: this machine's clock, random numbers and processes. */
export function createNodePlatform(options: NodePlatformOptions = {}): Platform {
  return {
    clock: realClock,
    random: realRandom,
    processes: realProcesses,
    log: createLogger({
      level: options.logLevel ?? "info",
      to: options.logTo ?? standardError(),
      nowMs: realClock.nowMs,
    }),
  }
}
