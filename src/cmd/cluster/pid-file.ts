import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { UserError } from "../../cli/user-error.ts"
import { LockedError, lockFile } from "../../platform/linux/file-lock.ts"
import { hasCode } from "../../platform/linux/system-error.ts"

/**
 * How a component that outlives the command that started it is found again: a file with its process id and start time,
 * which together never come to mean another process, and whether it is ready.
 */

export interface Running {
  readonly pid: number
  readonly startTicks: string
  /** It does its work; until then it is starting. */
  readonly ready: boolean
}

/** The process that a pid file names, when it still runs. */
export function findRunning(pidFile: string): Running | undefined {
  if (!existsSync(pidFile)) return undefined
  const [pid, startTicks, state] = readFileSync(pidFile, "utf8").trim().split(" ")
  const found = { pid: Number(pid), startTicks: startTicks ?? "", ready: state === "ready" }
  return startTicksOf(found.pid) === found.startTicks ? found : undefined
}

/** Another process does the same work. */
export class TakenError extends UserError {}

/** Called by a component when it begins. Throws `TakenError`. */
export function writePidFile(pidFile: string): void {
  mkdirSync(dirname(pidFile), { recursive: true, mode: 0o700 })
  try {
    // Held until the process ends, however it ends.
    lockFile(`${pidFile}.lock`)
  } catch (error) {
    if (!(error instanceof LockedError)) throw error
    throw new TakenError(`process ${error.holderPid ?? "unknown"} does the same already`, { cause: error })
  }
  write(pidFile, "starting")
}

/** Called by a component when it does its work. */
export const markReady = (pidFile: string): void => write(pidFile, "ready")

function write(pidFile: string, state: "starting" | "ready"): void {
  writeFileSync(`${pidFile}.new`, `${process.pid} ${startTicksOf(process.pid)} ${state}\n`)
  renameSync(`${pidFile}.new`, pidFile)
}

/** Field 22 of /proc/PID/stat; undefined when there is no such process, or only its corpse. */
function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The program's name may contain spaces and parentheses; what follows the last one does not.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" ? undefined : fields[19]
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH")) return undefined
    throw error
  }
}
