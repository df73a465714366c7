import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { check, errno, libc } from "../libc.ts"
import { hasCode } from "../system-error.ts"

const CLONE_NEWNET = 0x40000000
const MS_BIND = 0x1000n
const MNT_DETACH = 2

/**
 * Runs `work` with this thread inside the network namespace at `path`, and returns to the thread's own before it
 * returns. `work` must be synchronous: sockets it opens stay in that namespace for good, `/proc/sys/net` is that
 * namespace's, and nothing else of the process notices, because no other JavaScript can run in between. It must not
 * start asynchronous file work or Workers: threads born inside would stay inside.
 *
 * When the way back fails the process aborts: every later socket would open in a stranger's network.
 */
export function inNetworkNamespace<T>(path: string, work: () => T): T {
  const home = openSync("/proc/thread-self/ns/net", "r")
  try {
    const target = openSync(path, "r")
    try {
      check("setns", libc.setns(target, CLONE_NEWNET), path)
    } finally {
      closeSync(target)
    }
    try {
      return work()
    } finally {
      returnHome(home)
    }
  } finally {
    closeSync(home)
  }
}

/**
 * Creates a network namespace that lives on, without a process, as a bind mount at `path`. Its `lo` is down. Throws
 * when there is one already.
 */
export function createNetworkNamespace(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, "", { flag: "wx", mode: 0o444 })
  const home = openSync("/proc/thread-self/ns/net", "r")
  try {
    check("unshare", libc.unshare(CLONE_NEWNET), path)
    try {
      check("mount", libc.mount(`/proc/self/task/${libc.gettid()}/ns/net`, path, "none", MS_BIND, ""), path)
    } finally {
      returnHome(home)
    }
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(home)
  }
}

/** Unpins the namespace; the kernel frees it, and the interfaces in it, when its last user is gone. Absent is fine. */
export function removeNetworkNamespace(path: string): void {
  if (libc.umount2(path, MNT_DETACH) !== 0) {
    const failure = errno()
    // EINVAL: a plain file, left by a crash between creating and mounting. ENOENT: nothing to do.
    if (failure !== 22 && failure !== 2) check("umount2", -1, path)
  }
  rmSync(path, { force: true })
}

/** Writes the setting of this thread's namespace at `/proc/sys/` and then `name`, a path in parts. False when this kernel has no such setting. */
export function writeSysctl(name: readonly string[], value: string): boolean {
  try {
    writeFileSync(`/proc/sys/${name.join("/")}`, value)
    return true
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false
    throw error
  }
}

/** Reads a setting of this thread's namespace. Undefined when this kernel has no such setting. */
export function readSysctl(name: readonly string[]): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name.join("/")}`, "utf8").trim()
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined
    throw error
  }
}

function returnHome(home: number): void {
  if (libc.setns(home, CLONE_NEWNET) === 0) return
  process.stderr.write(`setns back to the own network namespace failed with error ${errno()}; aborting\n`)
  process.abort()
}
