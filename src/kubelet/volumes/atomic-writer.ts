import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join, normalize } from "node:path"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { Platform } from "../../platform/platform.ts"

export interface ProjectedFile {
  readonly data: Uint8Array
  readonly mode: number
  /** The owner; the agent's user when absent. */
  readonly uid?: number
}

/** Relative paths and what to write there. */
export type Payload = ReadonlyMap<string, ProjectedFile>

const DATA = "..data"
const NEW_DATA = "..data_tmp"
const FILE_NAME_LENGTH_MAX = 255
const PATH_LENGTH_MAX = 4096

/**
 * Makes `folder` show exactly `payload`, all at once. Readers see the old files or the new ones, never a mix:
 *
 *     folder/..2026_11_21_10_00_00.123/a/b    the files
 *     folder/..data -> ..2026_11_21_10_00_00.123    replaced by a rename
 *     folder/a -> ..data/a    what pods open
 *
 * `beforePublish` is called when the new files are there and not yet visible. Returns whether anything changed.
 */
export function writeAtomically(
  folder: string,
  payload: Payload,
  platform: Pick<Platform, "clock" | "random">,
  beforePublish: () => void,
): boolean {
  const files = new Map([...payload].map(([path, file]) => [cleanPath(path), file]))
  const old = readLinkIfPresent(join(folder, DATA))
  const stale = old === undefined ? [] : pathsToRemove(join(folder, old), files)
  const isCurrent = old !== undefined && stale.length === 0 && holds(join(folder, old), files)
  if (!isCurrent) publish(folder, files, platform, beforePublish)
  linkVisiblePaths(folder, files)
  for (const path of stale) if (!path.includes("/")) rmSync(join(folder, path), { force: true })
  if (!isCurrent) removeOldData(folder)
  return !isCurrent
}

function cleanPath(path: string): string {
  if (path === "") throw new Error('invalid path: must not be empty: ""')
  if (path.startsWith("/")) throw new Error(`invalid path: must be relative path: ${path}`)
  if (Buffer.byteLength(path) > PATH_LENGTH_MAX) {
    throw new Error(`invalid path: must be less than or equal to ${PATH_LENGTH_MAX} characters`)
  }
  const items = path.split("/")
  for (const item of items) {
    if (item === "..") throw new Error(`invalid path: must not contain '..': ${path}`)
    if (Buffer.byteLength(item) > FILE_NAME_LENGTH_MAX) {
      throw new Error(`invalid path: filenames must be less than or equal to ${FILE_NAME_LENGTH_MAX} characters`)
    }
  }
  if (items[0]?.startsWith("..")) throw new Error(`invalid path: must not start with '..': ${path}`)
  return normalize(path).replace(/\/$/, "")
}

function readLinkIfPresent(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined
    throw error
  }
}

function pathsToRemove(dataFolder: string, files: Payload): string[] {
  const wanted = new Set<string>()
  for (const path of files.keys()) for (let at = path; at !== "."; at = dirname(at)) wanted.add(at)
  return listBelow(dataFolder).filter((path) => !wanted.has(path))
}

function listBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
  } catch (error) {
    // The link leads nowhere when a killed agent had removed the data already.
    if (hasCode(error, "ENOENT")) return []
    throw error
  }
}

function holds(dataFolder: string, files: Payload): boolean {
  for (const [path, { data }] of files) {
    try {
      if (!readFileSync(join(dataFolder, path)).equals(data)) return false
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR", "EISDIR")) return false
      throw error
    }
  }
  return lstatSync(dataFolder, { throwIfNoEntry: false }) !== undefined
}

function publish(
  folder: string,
  files: Payload,
  platform: Pick<Platform, "clock" | "random">,
  beforePublish: () => void,
): void {
  const name = `..${timestamp(platform.clock.nowMs())}.${platform.random.int(2 ** 32)}`
  const dataFolder = join(folder, name)
  try {
    mkdirSync(dataFolder)
    // The umask must not keep other users out.
    chmodSync(dataFolder, 0o755)
    for (const [path, file] of files) writeFile(join(dataFolder, path), file)
    beforePublish()
    rmSync(join(folder, NEW_DATA), { force: true })
    symlinkSync(name, join(folder, NEW_DATA))
    renameSync(join(folder, NEW_DATA), join(folder, DATA))
  } catch (error) {
    rmSync(dataFolder, { recursive: true, force: true })
    throw error
  }
}

function writeFile(path: string, { data, mode, uid }: ProjectedFile): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, data, { mode })
  chmodSync(path, mode)
  if (uid !== undefined) lchownSync(path, uid, lstatSync(path).gid)
}

/** `2026_11_21_10_00_00`, in UTC. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replaceAll(/[-T:]/g, "_")
}

function linkVisiblePaths(folder: string, files: Payload): void {
  for (const [path, { uid }] of files) {
    const [top = path] = path.split("/", 1)
    const link = join(folder, top)
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue
    symlinkSync(`${DATA}/${top}`, link)
    if (uid !== undefined) lchownSync(link, uid, lstatSync(link).gid)
  }
}

/** Also what agents have left that were killed on the way. */
function removeOldData(folder: string): void {
  const current = readlinkSync(join(folder, DATA))
  for (const name of readdirSync(folder)) {
    if (!/^\.\.\d{4}_/.test(name) || name === current) continue
    rmSync(join(folder, name), { recursive: true, force: true })
  }
  if (lstatSync(join(folder, NEW_DATA), { throwIfNoEntry: false })) unlinkSync(join(folder, NEW_DATA))
}

/** Whether the folder has a complete content. */
export function wasWritten(folder: string): boolean {
  return existsSync(join(folder, DATA))
}

/** What a file of the current content holds; undefined where it has none. */
export function writtenText(folder: string, path: string): string | undefined {
  try {
    return readFileSync(join(folder, DATA, cleanPath(path)), "utf8")
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "EISDIR")) return undefined
    throw error
  }
}
