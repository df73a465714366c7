import { createReadStream, createWriteStream, existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { pipeline } from "node:stream/promises"
import { createGzip } from "node:zlib"
import type { KubeletSettings } from "../settings/settings.ts"

/**
 * Moves a container's log aside when it has grown too large. Older ones are compressed, the oldest removed, so that at
 * most `filesMax` stand. `reopen` makes the runtime begin a new file.
 */
export async function rotateLog(
  path: string,
  nowMs: number,
  { bytesMax, filesMax }: Pick<KubeletSettings["logs"], "bytesMax" | "filesMax">,
  reopen: () => Promise<void>,
): Promise<void> {
  if (!existsSync(path) || statSync(path).size < bytesMax) return
  const [folder, name] = [dirname(path), basename(path)]
  const rotated = () => readdirSync(folder).filter((each) => each.startsWith(`${name}.`))
  // What an interrupted compression has left.
  for (const each of rotated()) if (each.endsWith(".tmp")) rmSync(join(folder, each), { force: true })
  const older = rotated().sort()
  // The current file and the one about to be moved aside count as well.
  const surplus = older.slice(0, Math.max(0, older.length - (filesMax - 2)))
  for (const each of surplus) rmSync(join(folder, each), { force: true })
  for (const each of older) {
    if (!each.endsWith(".gz") && !surplus.includes(each)) await compress(join(folder, each))
  }
  const aside = `${path}.${timestamp(nowMs)}`
  renameSync(path, aside)
  try {
    await reopen()
  } catch (error) {
    // Output still goes to the old file: it must stay where readers look.
    if (!existsSync(path)) renameSync(aside, path)
    throw error
  }
}

async function compress(path: string): Promise<void> {
  const temporary = `${path}.tmp`
  await pipeline(createReadStream(path), createGzip(), createWriteStream(temporary))
  renameSync(temporary, `${path}.gz`)
  rmSync(path)
}

/** `20260102-150405`, in UTC so that names sort by age. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15)
}
