import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../../cli/user-error.ts"
import type { Clock } from "../../platform/clock.ts"
import { type FileLock, LockedError, lockFile } from "../../platform/linux/file-lock.ts"
import { RUN_DIR } from "./layout.ts"
import { checkClusterName, hasRecord, REGISTRY_DIR } from "./record.ts"

/** Held while a cluster is started or stopped. Given back, it leaves nothing of a cluster that has no record. */
export function lockCluster(name: string): FileLock {
  mkdirSync(RUN_DIR, { recursive: true, mode: 0o711 })
  const file = join(RUN_DIR, `${checkClusterName(name)}.lock`)
  let lock: FileLock
  try {
    lock = lockFile(file)
  } catch (error) {
    if (!(error instanceof LockedError)) throw error
    const who = error.holderPid === undefined ? "another gantry command" : `process ${error.holderPid}`
    throw new UserError(`${who} is starting or stopping cluster "${name}" at this moment. Wait for it, then try again.`)
  }
  return {
    release() {
      if (!hasRecord(name)) rmSync(file, { force: true })
      lock.release()
    },
  }
}

const REGISTRY_WAIT_MS = 10_000
const REGISTRY_POLL_MS = 10

/** Lets one command at a time choose address ranges and ports, so that no two clusters get the same. Waits its turn. */
export async function inRegistry<T>(clock: Clock, work: () => T): Promise<T> {
  mkdirSync(REGISTRY_DIR, { recursive: true, mode: 0o700 })
  const lock = await lockRegistry(clock)
  try {
    return work()
  } finally {
    lock.release()
  }
}

async function lockRegistry(clock: Clock): Promise<FileLock> {
  const file = join(REGISTRY_DIR, ".lock")
  const untilMs = clock.monotonicMs() + REGISTRY_WAIT_MS
  for (;;) {
    try {
      return lockFile(file)
    } catch (error) {
      if (!(error instanceof LockedError)) throw error
      if (clock.monotonicMs() > untilMs) {
        throw new UserError(
          `process ${error.holderPid ?? "unknown"} holds ${file}. Wait for it, or end it, then try again.`,
        )
      }
      await clock.sleep(REGISTRY_POLL_MS)
    }
  }
}
