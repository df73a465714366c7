import { closeSync } from "node:fs"
import { constants } from "node:os"
import { openPidfd } from "../../platform/linux/processes.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import { isAlive, type ProcessIdentity } from "./records.ts"

const SIGTERM = 15
/** First and last real-time signal that the C library leaves to programs. */
const SIGRTMIN = 34
const SIGRTMAX = 64

/** The number of `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`; SIGTERM for what nobody knows. */
export function signalNumber(name: string): number {
  const text = name.trim().toUpperCase()
  if (/^\d+$/.test(text)) {
    const number = Number(text)
    return number >= 1 && number <= SIGRTMAX ? number : SIGTERM
  }
  const full = text.startsWith("SIG") ? text : `SIG${text}`
  const realTime = /^SIGRT(MIN|MAX)(?:([+-])(\d+))?$/.exec(full)
  if (realTime !== null) {
    const base = realTime[1] === "MIN" ? SIGRTMIN : SIGRTMAX
    const number = base + (realTime[2] === "-" ? -1 : 1) * Number(realTime[3] ?? 0)
    return number >= SIGRTMIN && number <= SIGRTMAX ? number : SIGTERM
  }
  return new Map<string, number>(Object.entries(constants.signals)).get(full) ?? SIGTERM
}

/** Returns false when the process has ended. */
export function sendSignal(target: ProcessIdentity, signal: number): boolean {
  let pidfd: number
  try {
    pidfd = openPidfd(target.pid)
  } catch (error) {
    if (hasCode(error, "ESRCH")) return false
    throw error
  }
  try {
    // While the descriptor is open the pid cannot come to mean another process, unless it did before.
    if (!isAlive(target)) return false
    process.kill(target.pid, signal)
    return true
  } catch (error) {
    if (hasCode(error, "ESRCH")) return false
    throw error
  } finally {
    closeSync(pidfd)
  }
}
