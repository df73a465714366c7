import { opendir } from "node:fs/promises"

/**
 * Whoever walks through what containers have written keeps to shorter paths: it may be nested as deep as they liked, and
 * the kernel takes 4096 bytes, of which a name may have 255.
 */
export const WALKED_PATH_BYTES_MAX = 2048

export interface FolderEntry {
  /** Its bytes, which need not be text. */
  readonly name: Buffer
  readonly isFolder: boolean
}

/** What is in a folder, some entries at a time. */
export async function* entriesOf(folder: Buffer): AsyncGenerator<FolderEntry> {
  // Node's declarations know names as bytes only where all are read at once.
  const entries = await opendir(folder, { encoding: "buffer" as BufferEncoding })
  for await (const entry of entries) yield { name: entry.name as unknown as Buffer, isFolder: entry.isDirectory() }
}

export function entryPath(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from("/"), name])
}
