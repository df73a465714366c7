import { lstat, readdir } from "node:fs/promises"
import { join } from "node:path"
import { hasCode } from "../../platform/linux/system-error.ts"

export interface FoundSockets {
  /** By path: what differs once the socket was made anew. */
  readonly sockets: ReadonlyMap<string, string>
  readonly folders: readonly string[]
}

/** The sockets in a folder and those below it. Names that begin with a dot are left out. */
export async function findSockets(root: string): Promise<FoundSockets> {
  const sockets = new Map<string, string>()
  const folders: string[] = []
  const visit = async (folder: string): Promise<void> => {
    folders.push(folder)
    const entries = await unlessGone(() => readdir(folder, { withFileTypes: true }))
    for (const entry of entries ?? []) {
      const path = join(folder, entry.name)
      if (entry.name.startsWith(".")) continue
      if (entry.isDirectory()) await visit(path)
      if (!entry.isSocket()) continue
      const found = await unlessGone(() => lstat(path, { bigint: true }))
      if (found !== undefined) sockets.set(path, `${found.ino}/${found.ctimeNs}`)
    }
  }
  await visit(root)
  return { sockets, folders }
}

async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined
    throw error
  }
}
