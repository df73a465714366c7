import { isAbsolute, relative } from "node:path"
import { logLinksDir } from "../container/log-link.ts"

/** Where manifests look for the kubelet's folder, whatever it is. */
export const STANDARD_FOLDER = "/var/lib/kubelet"
/** Where machines keep their logs, and log collectors look for those of pods. */
export const MACHINE_LOGS = "/var/log"
const POD_LOGS = `${MACHINE_LOGS}/pods`
const LOG_LINKS = `${MACHINE_LOGS}/containers`

/** Of one node. */
export interface NodeFolders {
  /** The kubelet's own. */
  readonly dataDir?: string
  /** Of pod logs, with the links to them beside it. Absent: pods see the machine's. */
  readonly logDir?: string
}

/**
 * The node's own path for one below a standard folder; others stay. What is installed with such paths, as storage drivers
 * and log collectors are, then finds the folders of the node that it runs on.
 */
export function hostFolder(folders: NodeFolders, path: string): string {
  for (const [standard, own] of moved(folders)) {
    const rest = below(standard, path)
    if (rest !== undefined) return `${own}${rest}`
  }
  return path
}

/** The node's own folders that are to be seen below a folder of the machine's. */
export function foldersBelow(folders: NodeFolders, path: string): { readonly name: string; readonly own: string }[] {
  if (below(MACHINE_LOGS, path) !== "") return []
  return moved(folders).flatMap(([standard, own]) => {
    const name = below(MACHINE_LOGS, standard)
    return name === undefined ? [] : [{ name: name.slice(1), own }]
  })
}

function moved({ dataDir, logDir }: NodeFolders): (readonly [standard: string, own: string])[] {
  const all: (readonly [string, string | undefined])[] = [
    [STANDARD_FOLDER, dataDir],
    [POD_LOGS, logDir],
    [LOG_LINKS, logDir && logLinksDir(logDir)],
  ]
  return all.flatMap(([standard, own]) => (own === undefined || own === standard ? [] : [[standard, own] as const]))
}

/** What follows `folder` in a path: empty, or with a leading slash. Undefined where the path is elsewhere. */
export function below(folder: string, path: string): string | undefined {
  const rest = relative(folder, path)
  if (rest === "") return ""
  return rest === ".." || rest.startsWith("../") || isAbsolute(rest) ? undefined : `/${rest}`
}
