import { constants } from "node:os"
import { check, libc } from "./libc.ts"
import { hasCode } from "./system-error.ts"

// Numbers that every architecture shares; glibc 2.36 wraps neither in a stable form.
const SYS_PIDFD_SEND_SIGNAL = 424n
const SYS_PIDFD_OPEN = 434n
// linux/prctl.h
const PR_SET_CHILD_SUBREAPER = 36

/** True when a process with this id exists, whoever it is: ids are reused, so prefer `openPidfd` for anything longer. */
export function processExists(pid: number): boolean {
  if (pid <= 0) return false
  try {
    check("kill", libc.kill(pid, 0), `process ${pid}`)
    return true
  } catch (error) {
    return !hasCode(error, "ESRCH")
  }
}

/**
 * A descriptor of a process, which the caller closes. It never comes to mean another process.
 * https://man7.org/linux/man-pages/man2/pidfd_open.2.html
 */
export function openPidfd(pid: number): number {
  return Number(
    check("pidfd_open", libc.syscall(SYS_PIDFD_OPEN, BigInt(pid), null, null, 0n, 0n, 0n), `process ${pid}`),
  )
}

/** Sends a signal to exactly that process. Returns false when it has ended. */
export function signalPidfd(pidfd: number, signal: NodeJS.Signals | 0): boolean {
  const number = signal === 0 ? 0 : constants.signals[signal]
  // The signal's number stands where the table has an address.
  const result = libc.syscall(SYS_PIDFD_SEND_SIGNAL, BigInt(pidfd), BigInt(number), null, 0n, 0n, 0n)
  try {
    check("pidfd_send_signal", result, signal.toString())
    return true
  } catch (error) {
    if (hasCode(error, "ESRCH")) return false
    throw error
  }
}

/** Orphans among this process's descendants become its children instead of init's. */
export function becomeSubreaper(): void {
  check("prctl", libc.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n), "PR_SET_CHILD_SUBREAPER")
}

const CPU_SET_BYTES = 1024

/** How many processors this process may use, cgroup limits not counted (Node's `availableParallelism` counts them). */
export function affinityCpuCount(): number {
  const set = Buffer.alloc(CPU_SET_BYTES)
  check("sched_getaffinity", libc.sched_getaffinity(0, BigInt(set.length), set))
  let count = 0
  for (const byte of set) for (let bits = byte; bits !== 0; bits &= bits - 1) count++
  return count
}
