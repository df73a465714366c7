import { Writable } from "node:stream"
import { createLogger, type LogLevel } from "../node/logger.ts"
import type { Platform } from "../platform.ts"
import { createSimClock, type SimClock } from "./clock.ts"
import { createSimProcesses, type SimProcesses } from "./processes.ts"
import { createSeededRandom } from "./random.ts"

export interface SimPlatformOptions {
  /** Decides every random number. A failure replays with the same seed. */
  readonly seed: number
  /** Wall time at the beginning, in milliseconds since the Unix epoch. Default: 2026-01-01T00:00:00Z. */
  readonly startMs?: number
  readonly logLevel?: LogLevel
  /** Where log lines go. Default: nowhere. */
  readonly logTo?: Writable
}

export interface SimPlatform extends Platform {
  readonly clock: SimClock
  readonly processes: SimProcesses
  /** `clock.advance`. */
  advance(ms: number): Promise<void>
  /** `clock.advanceUntil`. */
  advanceUntil(done: () => boolean, limitMs?: number): Promise<void>
}

const START_MS = Date.UTC(2026, 0, 1)

/** A platform on virtual time and seeded randomness: nothing happens until the test says so. */
export function createSimPlatform(options: SimPlatformOptions): SimPlatform {
  const clock = createSimClock(options.startMs ?? START_MS)
  return {
    clock,
    random: createSeededRandom(options.seed),
    processes: createSimProcesses(),
    log: createLogger({
      level: options.logLevel ?? "debug",
      to: options.logTo ?? new Writable({ write: (_chunk, _encoding, done) => done() }),
      nowMs: clock.nowMs,
    }),
    advance: clock.advance,
    advanceUntil: clock.advanceUntil,
  }
}
