import { constants, readFileSync } from "node:fs"
import { type FileHandle, open, rename, rmdir, unlink } from "node:fs/promises"
import { basename, dirname } from "node:path"
import { entriesOf, inside, openFolder } from "./folder-entries.ts"
import { openFlags } from "./open.ts"
import { hasCode } from "./system-error.ts"

/** Deeper folders are moved to the top first, so that no tree needs more descriptors than that. */
const DEPTH_MAX = 64

/**
 * Removes a folder, or a file, with all that is below. For what containers have written: as many files as they liked, one
 * after the other, so that other work goes on and memory stays; nested as deep as they liked, beyond the longest path;
 * with any bytes as names. No link is followed, also when someone puts links in place of folders meanwhile: each folder is
 * entered from the one above it. Throws when something is mounted there, or cannot be removed; what is gone by then is
 * gone. What is not there, or vanishes meanwhile, does not count.
 */
export async function removeTree(path: string): Promise<void> {
  await unlessGone(removeThere(path))
}

async function removeThere(path: string): Promise<void> {
  const parent = await open(dirname(path), openFlags.O_PATH | constants.O_DIRECTORY)
  try {
    const name = Buffer.from(basename(path))
    const top = await openUnlessFile(inside(parent, name))
    if (top === undefined) return await unlink(inside(parent, name))
    try {
      const removal = { top, mount: mountOf(parent), moved: 0 }
      do {
        removal.moved = 0
        await empty(top, name, 1, removal)
      } while (removal.moved > 0)
    } finally {
      await top.close()
    }
    await rmdir(inside(parent, name))
  } finally {
    await parent.close()
  }
}

interface Removal {
  readonly top: FileHandle
  /** The mount, which is not left. */
  readonly mount: string
  /** How many folders were moved to the top. */
  moved: number
}

async function empty(folder: FileHandle, name: Buffer, depth: number, removal: Removal): Promise<void> {
  if (mountOf(folder) !== removal.mount) {
    throw new Error(`something is mounted at ${name.toString()}: unmount it first`)
  }
  for await (const { isFolder, name: found } of entriesOf(folder)) {
    if (!isFolder) await unlessGone(unlink(inside(folder, found)))
    else if (depth === DEPTH_MAX) await unlessGone(moveToTop(folder, found, removal))
    else await unlessGone(removeFolder(folder, found, depth, removal))
  }
}

async function removeFolder(folder: FileHandle, name: Buffer, depth: number, removal: Removal): Promise<void> {
  const below = await openFolder(inside(folder, name))
  try {
    await empty(below, name, depth + 1, removal)
  } finally {
    await below.close()
  }
  await rmdir(inside(folder, name))
}

async function moveToTop(folder: FileHandle, name: Buffer, removal: Removal): Promise<void> {
  for (;;) {
    const to = Buffer.from(`moved-${removal.moved++}`)
    try {
      return await rename(inside(folder, name), inside(removal.top, to))
    } catch (error) {
      // Something of that name is there already.
      if (!hasCode(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) throw error
    }
  }
}

async function openUnlessFile(path: Buffer): Promise<FileHandle | undefined> {
  try {
    return await openFolder(path)
  } catch (error) {
    if (hasCode(error, "ENOTDIR", "ELOOP")) return undefined
    throw error
  }
}

/** Also tells of folders of the same file system that are mounted, and nothing of subvolumes, which are not. */
function mountOf({ fd }: FileHandle): string {
  const id = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1]
  if (id === undefined) throw new Error(`/proc/self/fdinfo/${fd} names no mount`)
  return id
}

async function unlessGone(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
  }
}
