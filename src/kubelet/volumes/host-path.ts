import { closeSync, mkdirSync, openSync, type Stats, statSync } from "node:fs"
import { join } from "node:path"
import type { HostPathVolumeSource } from "../../api/core/v1/volume.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import { foldersBelow, hostFolder, type NodeFolders } from "./standard-folder.ts"

/** Checks that the path is what the volume says, and makes it where the type asks for that. Throws Kubernetes' message. */
export function setUpHostPath({ path: named, type = "" }: HostPathVolumeSource, folders: NodeFolders): void {
  const path = hostFolder(folders, named)
  if (path.split("/").includes("..")) throw new Error(`invalid HostPath \`${path}\`: must not contain '..'`)
  makeMountPoints(path, folders)
  if (type === "") return
  const check = checks.get(type)
  if (check === undefined) throw new Error(`${type} is an invalid volume type`)
  let found = statIfPresent(path)
  if (found === undefined && check.make !== undefined) {
    check.make(path)
    found = statIfPresent(path)
  }
  if (found === undefined || !check.matches(found)) {
    throw new Error(`hostPath type check failed: ${path} is not ${check.name}`)
  }
}

/** Where the node's own logs will stand in what is the machine's; without one they are not shown. */
function makeMountPoints(path: string, folders: NodeFolders): void {
  for (const { name } of foldersBelow(folders, path)) {
    try {
      mkdirSync(join(path, name), { recursive: true, mode: 0o755 })
    } catch (error) {
      if (!hasCode(error, "EROFS", "EACCES", "EPERM", "ENOTDIR", "EEXIST")) throw error
    }
  }
}

interface TypeCheck {
  readonly name: string
  readonly matches: (found: Stats) => boolean
  readonly make?: (path: string) => void
}

const directory: TypeCheck = { name: "a directory", matches: (found) => found.isDirectory() }
const file: TypeCheck = { name: "a file", matches: (found) => found.isFile() }

const checks: ReadonlyMap<string, TypeCheck> = new Map([
  ["Directory", directory],
  ["DirectoryOrCreate", { ...directory, make: makeDirectory }],
  ["File", file],
  ["FileOrCreate", { ...file, make: makeFile }],
  ["Socket", { name: "a socket file", matches: (found: Stats) => found.isSocket() }],
  ["CharDevice", { name: "a character device", matches: (found: Stats) => found.isCharacterDevice() }],
  ["BlockDevice", { name: "a block device", matches: (found: Stats) => found.isBlockDevice() }],
])

function makeDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 })
}

/** The folder must exist: Kubernetes does not make it for a file. */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o644))
  } catch (error) {
    if (hasCode(error, "ENOENT")) throw new Error(`open ${path}: no such file or directory`, { cause: error })
    if (!hasCode(error, "EEXIST")) throw error
  }
}

function statIfPresent(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined
    throw error
  }
}
