import { opendir } from "node:fs/promises"

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
