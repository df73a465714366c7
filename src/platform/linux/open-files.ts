import { readFileSync } from "node:fs"

/** How many files and sockets this process may have open at once. https://man7.org/linux/man-pages/man5/proc_pid_limits.5.html */
export function openFilesMax(): number {
  const soft = /^Max open files +(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]
  return soft === undefined || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft)
}
