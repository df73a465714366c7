import type { ResourceHealth } from "../../api/core/v1/container-status.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"
import type { Timer } from "../../platform/clock.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ReportedHealth } from "./dra-service.ts"
import { type KnownHealth, openHealthFile } from "./health-file.ts"

/** How long a driver's word counts that does not say so itself, as in Kubernetes. */
const DEFAULT_TIMEOUT_MS = 30_000
const MESSAGE_BYTES_MAX = 1024
const STATES: ReadonlyMap<number, Health> = new Map([
  [1, "Healthy"],
  [2, "Unhealthy"],
])

type Health = KnownHealth["health"]
type Report = TypeOf<typeof ReportedHealth>

/** What drivers say about the health of their devices. */
export interface DeviceHealth {
  /** The health of everything that a driver watches. */
  report(driver: string, devices: readonly Report[]): void
  /** The driver watches no more. */
  forget(driver: string): void
  of(driver: string, pool: string, device: string): Pick<ResourceHealth, "health" | "message">
  close(): void
}

/**
 * `onChange`: the health of a driver's devices may be another. `file`: what drivers said before the agent began anew, which
 * counts for as long as it would have.
 */
export function createDeviceHealth(
  platform: Pick<Platform, "clock" | "log">,
  file: string,
  onChange: (driver: string) => void,
): DeviceHealth {
  const { clock } = platform
  const store = openHealthFile(file, platform)
  const drivers = store.load()
  const timers = new Map<string, Timer>()
  /** Looks again when the word about a device is the first to be too old. */
  const lookAgain = (driver: string): void => {
    timers.get(driver)?.cancel()
    timers.delete(driver)
    const ends = [...(drivers.get(driver)?.values() ?? [])].map(({ untilMs }) => untilMs)
    const next = Math.min(...ends.filter((untilMs) => untilMs > clock.monotonicMs()))
    if (!Number.isFinite(next)) return
    const again = () => {
      onChange(driver)
      lookAgain(driver)
    }
    timers.set(driver, clock.after(next - clock.monotonicMs(), again))
  }
  for (const driver of drivers.keys()) lookAgain(driver)
  return {
    report(driver, devices) {
      const known = drivers.get(driver) ?? new Map<string, KnownHealth>()
      drivers.set(driver, known)
      let isNew = false
      for (const { device, health = 0, healthCheckTimeoutSeconds = 0, message = "" } of devices) {
        const seconds = Number(healthCheckTimeoutSeconds)
        const key = keyOf(device?.poolName ?? "", device?.deviceName ?? "")
        const before = known.get(key)
        const now = { health: STATES.get(health) ?? "Unknown", message: shortened(message) }
        isNew ||= before?.health !== now.health || before.message !== now.message
        known.set(key, {
          ...now,
          untilMs: clock.monotonicMs() + (seconds > 0 ? seconds * 1000 : DEFAULT_TIMEOUT_MS),
        })
      }
      // The same again is written when the agent ends.
      if (isNew) store.save(drivers)
      lookAgain(driver)
      onChange(driver)
    },
    forget(driver) {
      if (!drivers.delete(driver)) return
      store.save(drivers)
      lookAgain(driver)
      onChange(driver)
    },
    of(driver, pool, device) {
      const known = drivers.get(driver)?.get(keyOf(pool, device))
      if (known === undefined || known.untilMs <= clock.monotonicMs()) return { health: "Unknown" }
      return { health: known.health, ...(known.message !== "" && { message: known.message }) }
    },
    close() {
      for (const timer of timers.values()) timer.cancel()
      timers.clear()
      if (drivers.size > 0) store.save(drivers)
    },
  }
}

const keyOf = (pool: string, device: string): string => `${pool}/${device}`

function shortened(message: string): string {
  const bytes = Buffer.from(message)
  return bytes.length <= MESSAGE_BYTES_MAX ? message : `${bytes.subarray(0, MESSAGE_BYTES_MAX - 3).toString()}...`
}
