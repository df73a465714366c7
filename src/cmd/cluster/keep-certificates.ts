import type { Platform } from "../../platform/platform.ts"

/** How often a running process looks: what is near its end is renewed, and what a command has renewed is used. */
export const LOOK_MS = 30_000

export interface KeepOptions<T> {
  /** What is used already. */
  readonly current: T
  /** Reads the certificates, and makes anew what must be. One process at a time may: else keys and certificates mix. */
  readonly ensure: () => Promise<T>
  /** Uses them from now on, for new connections. */
  readonly use: (now: T, before: T) => void | Promise<void>
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
}

/** Keeps a process's certificates good without a restart. What fails is logged and tried again. */
export async function keepCertificates<T>({ current, ensure, use, platform, signal }: KeepOptions<T>): Promise<void> {
  const { clock, log } = platform
  let used = current
  for (;;) {
    await clock.sleep(LOOK_MS, signal).catch(() => undefined)
    if (signal.aborted) return
    try {
      const before = used
      const now = await ensure()
      if (JSON.stringify(now) === JSON.stringify(before)) continue
      await use(now, before)
      used = now
      log.info("renewed certificates are used")
    } catch (error) {
      log.error("certificates cannot be renewed", { error })
    }
  }
}
