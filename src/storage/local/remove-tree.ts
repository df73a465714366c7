import { constants, type Dirent } from "node:fs"
import { type FileHandle, open, readdir, rename, rmdir, unlink } from "node:fs/promises"
import { hasCode } from "../../platform/linux/system-error.ts"

/** Deeper folders are moved to the top first, so that no tree needs more descriptors than that. */
const DEPTH_MAX = 64
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * Removes the folder `name` of the folder `root` with everything in it. No link is followed, also when someone puts
 * links in place of folders meanwhile: each folder is entered from the one above it. Throws when another file system is
 * mounted inside, or when something cannot be removed; what is gone by then is gone.
 */
export async function removeTree(root: FileHandle, name: string): Promise<void> {
  const top = await open(inside(root, Buffer.from(name)), FOLDER)
  try {
    const { dev } = await root.stat()
    const removal = { top, dev, moved: 0 }
    do {
      removal.moved = 0
      await empty(top, name, 1, removal)
    } while (removal.moved > 0)
  } finally {
    await top.close()
  }
  await rmdir(inside(root, Buffer.from(name)))
}

interface Removal {
  readonly top: FileHandle
  /** The file system, which is not left. */
  readonly dev: number
  /** How many folders were moved to the top. */
  moved: number
}

async function empty(folder: FileHandle, name: string, depth: number, removal: Removal): Promise<void> {
  if ((await folder.stat()).dev !== removal.dev) throw new Error(`something is mounted at ${name}: unmount it first`)
  for (const entry of await entriesOf(folder)) {
    if (!entry.isDirectory()) await unlink(inside(folder, entry.name))
    else if (depth === DEPTH_MAX) await moveToTop(folder, entry.name, removal)
    else {
      const below = await open(inside(folder, entry.name), FOLDER)
      try {
        await empty(below, entry.name.toString(), depth + 1, removal)
      } finally {
        await below.close()
      }
      await rmdir(inside(folder, entry.name))
    }
  }
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

function entriesOf({ fd }: FileHandle): Promise<Dirent<Buffer>[]> {
  return readdir(`/proc/self/fd/${fd}`, { withFileTypes: true, encoding: "buffer" })
}

/** Names need not be text. */
const inside = ({ fd }: FileHandle, name: Buffer): Buffer => Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name])
