import type { Platform } from "../../platform/platform.ts"
import type { Lock, Logind } from "./logind.ts"

/** As the kubelet's: after that it connects anew, and it asks so often, each time later, whether logind waits long enough. */
const RECONNECT_MS = 1000
const ASK_FIRST_MS = 100
const ASK_TIMES = 5

export interface FollowOptions {
  readonly connect: (onShutdown: (active: boolean) => void) => Promise<Logind>
  /** How long the node's pods have to end altogether. */
  readonly seconds: number
  /** Ends the pods; resolves when that is done. */
  readonly begin: () => Promise<void>
  /** The machine does not shut down after all. */
  readonly cancel: () => void
  readonly platform: Pick<Platform, "clock" | "log">
  readonly signal: AbortSignal
}

/**
 * Ends the node's pods when logind announces that the machine shuts down, which waits for that. Resolves when `signal` has
 * aborted; without a logind at once. https://systemd.io/INHIBITOR_LOCKS/
 */
export async function followLogind(options: FollowOptions): Promise<void> {
  const { platform, signal } = options
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      await followOnce(options)
    } catch (error) {
      if (signal.aborted) return
      platform.log.warn("the machine's shutdowns are not announced here", { error })
      if (isFirst) return
    }
    await platform.clock.sleep(RECONNECT_MS, signal).catch(() => undefined)
  }
}

async function followOnce({ begin, cancel, connect, platform, seconds, signal }: FollowOptions): Promise<void> {
  let lock: Lock | undefined
  /** One after the other: what is cancelled has been begun. */
  let turn: Promise<void> = Promise.resolve()
  const logind = await connect((active) => {
    turn = turn.then(async () => {
      platform.log.info("logind tells of a shutdown", { active })
      if (active) {
        await begin()
        lock?.release()
        lock = undefined
        return
      }
      cancel()
      lock?.release()
      lock = logind.hold()
    })
  })
  if (signal.aborted) return logind.close()
  signal.addEventListener("abort", logind.close, { once: true })
  try {
    await ensureDelay(logind, seconds, platform)
    // A shutdown may have been called off meanwhile.
    lock ??= logind.hold()
    await logind.closed
    await turn
  } finally {
    signal.removeEventListener("abort", logind.close)
    logind.close()
    lock?.release()
  }
}

async function ensureDelay(logind: Logind, seconds: number, { clock }: Pick<Platform, "clock">): Promise<void> {
  if ((await logind.delayMs()) >= seconds * 1000) return
  await logind.overrideDelay(seconds)
  let pauseMs = ASK_FIRST_MS
  let delayMs = 0
  for (let asked = 0; asked < ASK_TIMES; asked++) {
    delayMs = await logind.delayMs()
    if (delayMs >= seconds * 1000) return
    await clock.sleep(pauseMs)
    pauseMs *= 2
  }
  throw new Error(
    `node shutdown manager was timed out after ${ASK_TIMES} attempts waiting for logind InhibitDelayMaxSec to update to ${seconds}s (ShutdownGracePeriod), current value is ${delayMs / 1000}s`,
  )
}
