import { readJsonIfWhole, writeAtomically } from "../../platform/linux/files.ts"
import type { Platform } from "../../platform/platform.ts"

/** What a driver said last about a device, and for how long that counts. */
export interface KnownHealth {
  readonly health: "Healthy" | "Unhealthy" | "Unknown"
  readonly message: string
  /** By the monotonic clock. */
  readonly untilMs: number
}

export type HealthOfDrivers = ReadonlyMap<string, ReadonlyMap<string, KnownHealth>>

interface Stored {
  readonly savedMs: number
  readonly drivers: readonly (readonly [driver: string, devices: readonly (readonly [key: string, KnownHealth])[]])[]
}

/** Keeps what drivers said for an agent that restarts. The monotonic clock may begin anew meanwhile: times left are stored. */
export function openHealthFile(file: string, { clock, log }: Pick<Platform, "clock" | "log">) {
  const shifted = (drivers: Stored["drivers"], byMs: number): Stored["drivers"] =>
    drivers.map(([driver, devices]) => [
      driver,
      devices.map(([key, known]) => [key, { ...known, untilMs: known.untilMs + byMs }]),
    ])
  return {
    load(): Map<string, Map<string, KnownHealth>> {
      const stored = readJsonIfWhole(file) as Partial<Stored> | undefined
      if (stored?.drivers === undefined || stored.savedMs === undefined) return new Map()
      // A clock that was set back makes nothing count for longer.
      const awayMs = Math.max(0, clock.nowMs() - stored.savedMs)
      const drivers = shifted(stored.drivers, clock.monotonicMs() - awayMs)
      return new Map(drivers.map(([driver, devices]) => [driver, new Map(devices)]))
    },
    save(known: HealthOfDrivers): void {
      const drivers = [...known].map(([driver, devices]) => [driver, [...devices]] as const)
      const stored: Stored = { savedMs: clock.nowMs(), drivers: shifted(drivers, -clock.monotonicMs()) }
      try {
        writeAtomically(file, JSON.stringify(stored))
      } catch (error) {
        log.warn("the health of devices was not noted", { file, error })
      }
    },
  }
}
