import { constants } from "node:fs"
import { type FileHandle, open, opendir } from "node:fs/promises"

/*
 * Folders that containers write to, each entered from the one above it: no link that somebody puts in place of a folder
 * meanwhile is followed, and paths stay short however deep the folder is.
 */

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

export interface FolderEntry {
  /** Its bytes, which need not be text. */
  readonly name: Buffer
  readonly isFolder: boolean
}

/** Fails with ENOTDIR or ELOOP for what is no folder. The caller closes it. */
export const openFolder = (path: string | Buffer): Promise<FileHandle> => open(path, FOLDER)

/** What is in a folder, some entries at a time. */
export async function* entriesOf(folder: FileHandle): AsyncGenerator<FolderEntry> {
  // Node's declarations know names as bytes only where all are read at once.
  const entries = await opendir(`/proc/self/fd/${folder.fd}`, { encoding: "buffer" as BufferEncoding })
  for await (const entry of entries) yield { name: entry.name as unknown as Buffer, isFolder: entry.isDirectory() }
}

/** The path of an entry, for as long as the folder is open. */
export const inside = ({ fd }: FileHandle, name: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name])
