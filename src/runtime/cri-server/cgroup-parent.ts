import { isAbsolute } from "node:path"
import { invalid } from "./errors.ts"

/** A cgroup's path as given, or the one for pods of callers that keep no cgroups. Throws InvalidArgument. */
export function cgroupParentOf(given: string, sandboxName: string): string {
  if (given === "") return `/gantry-cri/${sandboxName}`
  const isSafe = isAbsolute(given) && given.split("/").every((part) => part !== ".." && part !== ".")
  if (given.endsWith(".slice")) {
    throw invalid(
      `found the cgroup parent "${given}" of systemd, expected a path: set the kubelet's cgroupDriver to cgroupfs`,
    )
  }
  if (!isSafe) throw invalid(`found the cgroup parent "${given}", expected an absolute path without dots`)
  return given
}
