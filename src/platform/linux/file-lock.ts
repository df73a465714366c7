import { closeSync, constants, ftruncateSync, readFileSync, writeSync } from "node:fs"
import { check, libc } from "./libc.ts"
import { openFile } from "./open.ts"
import { hasCode } from "./system-error.ts"

const LOCK_EX = 2
const LOCK_NB = 4

export interface FileLock {
  /** Gives the lock back. May be repeated. The end of the process does the same, however it ends. */
  release(): void
}

/** Somebody else holds the lock. */
export class LockedError extends Error {
  override readonly name = "LockedError"
  /** Process id of the holder, when it could be read. */
  readonly holderPid: number | undefined

  constructor(path: string, holderPid: number | undefined) {
    super(`${path} is locked by ${holderPid === undefined ? "another process" : `process ${holderPid}`}`)
    this.holderPid = holderPid
  }
}

/**
 * Takes an exclusive lock on a file, which is made when missing, without waiting. The holder's process id is written
 * into it for people to read. Throws a LockedError when it is held, also by this process.
 */
export function lockFile(path: string): FileLock {
  const fd = openFile(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    check("flock", libc.flock(fd, LOCK_EX | LOCK_NB), path)
    ftruncateSync(fd)
    writeSync(fd, `${process.pid}\n`, 0)
  } catch (error) {
    closeSync(fd)
    throw hasCode(error, "EAGAIN", "EWOULDBLOCK") ? new LockedError(path, readHolder(path)) : error
  }
  let held = true
  return {
    release() {
      if (held) closeSync(fd)
      held = false
    },
  }
}

function readHolder(path: string): number | undefined {
  const pid = Number.parseInt(readFileSync(path, "utf8"), 10)
  return Number.isNaN(pid) ? undefined : pid
}
