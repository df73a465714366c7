import { closeSync, fstatSync, mkdirSync, openSync, statSync } from "node:fs"
import { dirname } from "node:path"
import type { Clock } from "../../platform/clock.ts"
import { tryLock } from "../layers/libc.ts"

const RETRY_MS = 20

export interface FileLock {
  release(): void
}

/** Locks a file if nobody holds a conflicting lock, else returns null. The kernel releases it when the process dies. */
export function tryFileLock(path: string, mode: "shared" | "exclusive"): FileLock | null {
  for (;;) {
    mkdirSync(dirname(path), { recursive: true })
    const fd = openSync(path, "a", 0o600)
    try {
      if (!tryLock(fd, mode)) {
        closeSync(fd)
        return null
      }
      // Somebody may have deleted the file between opening and locking it: such a lock excludes nobody.
      if (statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) return { release: () => closeSync(fd) }
      closeSync(fd)
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }
}

/** Waits for a lock between processes and also within this one. Rejects with the signal's reason when aborted. */
export async function fileLock(
  path: string,
  mode: "shared" | "exclusive",
  clock: Pick<Clock, "sleep">,
  signal?: AbortSignal,
): Promise<FileLock> {
  for (;;) {
    signal?.throwIfAborted()
    const lock = tryFileLock(path, mode)
    if (lock) return lock
    await clock.sleep(RETRY_MS, signal)
  }
}

/** Runs `work` while holding the lock. */
export async function withFileLock<T>(
  path: string,
  mode: "shared" | "exclusive",
  clock: Pick<Clock, "sleep">,
  signal: AbortSignal | undefined,
  work: () => Promise<T> | T,
): Promise<T> {
  const lock = await fileLock(path, mode, clock, signal)
  try {
    return await work()
  } finally {
    lock.release()
  }
}
