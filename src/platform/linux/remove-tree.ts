import { rename, rmdir, unlink } from "node:fs/promises"
import { entriesOf, entryPath, WALKED_PATH_BYTES_MAX } from "./folder-entries.ts"
import { hasCode } from "./system-error.ts"

/**
 * Removes a folder, or a file, with all that is below. For what containers have written: as many files as they liked, one
 * after the other, so that other work goes on and memory stays; nested as deep as they liked, beyond the longest path;
 * with any bytes as names. Nobody may write there any more. What is not there, or vanishes meanwhile, does not count.
 */
export async function removeTree(path: string): Promise<void> {
  const root = Buffer.from(path)
  const moved: Buffer[] = []
  let number = 0

  /** Brings what lies too deep to the top, where it is removed later. */
  const moveUp = async (folder: Buffer): Promise<void> => {
    for (;;) {
      const target = entryPath(root, Buffer.from(`.deep-${number++}`))
      try {
        await rename(folder, target)
        moved.push(target)
        return
      } catch (error) {
        if (!hasCode(error, "ENOTEMPTY", "EEXIST", "ENOTDIR")) throw error
      }
    }
  }

  const removeFolder = async (folder: Buffer): Promise<void> => {
    for await (const { name, isFolder } of entriesOf(folder)) {
      const found = entryPath(folder, name)
      await unlessGone(
        !isFolder ? unlink(found) : found.length > WALKED_PATH_BYTES_MAX ? moveUp(found) : removeFolder(found),
      )
    }
    for (let next = folder === root ? moved.pop() : undefined; next; next = moved.pop()) await removeFolder(next)
    await rmdir(folder)
  }

  await unlessGone(
    removeFolder(root).catch((error: unknown) => {
      if (!hasCode(error, "ENOTDIR")) throw error
      return unlink(root)
    }),
  )
}

async function unlessGone(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error
  }
}
