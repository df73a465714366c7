import { readdirSync, readFileSync } from "node:fs"

/** The process ids of a pod's containers on this machine, lowest first. */
export function processesOf(podUid: string): string[] {
  return readdirSync("/proc").filter((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      return readFileSync(`/proc/${entry}/cgroup`, "utf8").includes(`pod${podUid}`)
    } catch {
      // It has ended meanwhile.
      return false
    }
  })
}
