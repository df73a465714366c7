import { readFileSync } from "node:fs"

/** Of the clock that /proc counts a process's time with. */
const TICKS_PER_SECOND = 100

/** What a process has used of CPUs so far. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  // After the program's name, which may contain anything: the 14th and 15th fields of all are user and system time.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
