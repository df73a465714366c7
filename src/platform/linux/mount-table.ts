import { readFileSync } from "node:fs"

/** One line of /proc/self/mountinfo. https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
export interface MountEntry {
  /** The path inside the file system that is mounted; for a namespace `net:[4026531840]`. */
  readonly root: string
  readonly mountPoint: string
  readonly type: string
  readonly source: string
  /** Options of this mount. */
  readonly options: readonly string[]
  /** Options of the file system, such as cgroup v1's controllers. */
  readonly superOptions: readonly string[]
  /** True when mounts below it appear in other mount namespaces. */
  readonly shared: boolean
}

/** What this process sees mounted, in order of mounting. */
export function readMountTable(): MountEntry[] {
  return parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"))
}

/** Lines that are not understood are left out. */
export function parseMountInfo(text: string): MountEntry[] {
  const entries: MountEntry[] = []
  for (const line of text.split("\n")) {
    const [before = "", after] = line.split(" - ", 2)
    const [, , , root, mountPoint, options, ...tags] = before.split(" ")
    const [type, source, superOptions] = (after ?? "").split(" ")
    if (root === undefined || mountPoint === undefined || options === undefined) continue
    if (type === undefined || source === undefined) continue
    entries.push({
      root: unescapePath(root),
      mountPoint: unescapePath(mountPoint),
      type,
      source: unescapePath(source),
      options: options.split(","),
      superOptions: (superOptions ?? "").split(","),
      shared: tags.some((tag) => tag.startsWith("shared:")),
    })
  }
  return entries
}

/** The kernel writes space, tab, line break and backslash as three octal digits. */
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
