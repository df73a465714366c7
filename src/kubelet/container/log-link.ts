import { existsSync, readdirSync, rmSync, symlinkSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import type { ContainerStatus } from "../../runtime/runtime.ts"
import { containerNameLabel, podNameLabel, podNamespaceLabel } from "../config/labels.ts"

/**
 * The links by which log collectors find a container's log and know whose it is:
 * `<pod>_<namespace>_<container>-<id>.log`, in `containers` beside the folder of pod logs.
 * https://kubernetes.io/docs/concepts/cluster-administration/logging/
 */
export const logLinksDir = (logDir: string): string => join(dirname(logDir), "containers")

const SUFFIX = ".log"
/** Of a file's name, on ext4. */
const NAME_BYTES_MAX = 255

function linkOf(logDir: string, { id, labels }: Pick<ContainerStatus, "id" | "labels">): string {
  const name = `${labels[podNameLabel]}_${labels[podNamespaceLabel]}_${labels[containerNameLabel]}-${id}`
  return join(logLinksDir(logDir), `${name.slice(0, NAME_BYTES_MAX - SUFFIX.length)}${SUFFIX}`)
}

/** Links are relative: collectors see both folders elsewhere. A runtime that writes no files gets none. May be repeated. */
export function linkLog(logDir: string, status: Pick<ContainerStatus, "id" | "labels" | "logPath">): void {
  const { logPath } = status
  if (logPath === "" || !existsSync(logPath)) return
  const link = linkOf(logDir, status)
  rmSync(link, { force: true })
  symlinkSync(relative(dirname(link), logPath), link)
}

export function unlinkLog(logDir: string, status: Pick<ContainerStatus, "id" | "labels">): void {
  rmSync(linkOf(logDir, status), { force: true })
}

/** Removes links whose log is gone, but for those of `running` containers, whose logs may be about to be rotated. */
export function removeDeadLinks(logDir: string, running: readonly Pick<ContainerStatus, "id" | "labels">[]): void {
  const kept = new Set(running.map((status) => linkOf(logDir, status)))
  const folder = logLinksDir(logDir)
  for (const name of readdirSync(folder)) {
    const link = join(folder, name)
    if (name.endsWith(SUFFIX) && !existsSync(link) && !kept.has(link)) rmSync(link, { force: true })
  }
}
