import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { readJsonIfWhole, writeAtomically } from "../../../platform/linux/files.ts"
import type { Attachment } from "./plugin-chain.ts"

/**
 * What was asked of plugins for each sandbox, and what they answered: what takes an interface away must be told the
 * same as what made it, whatever the configuration says by then. One file per sandbox.
 */
export interface AttachmentCache {
  get(sandboxId: string): Attachment | undefined
  set(sandboxId: string, attachment: Attachment): void
  remove(sandboxId: string): void
  all(): ReadonlyMap<string, Attachment>
  /** The file of a sandbox that is known. Another one whenever it was set anew. */
  fileOf(sandboxId: string): string
}

export function openAttachmentCache(dir: string): AttachmentCache {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const known = new Map<string, Attachment>()
  for (const name of readdirSync(dir)) {
    const file = join(dir, name)
    // A write that broke off: what was written before still holds. No sandbox has a dot in its id.
    if (name.includes(".")) {
      rmSync(file, { force: true })
      continue
    }
    const attachment = readJsonIfWhole(file) as Attachment | undefined
    if (attachment !== undefined) known.set(name, attachment)
    // Cut short by a crash, before any plugin ran.
    else rmSync(file, { force: true })
  }
  return {
    get: (sandboxId) => known.get(sandboxId),
    set(sandboxId, attachment) {
      writeAtomically(join(dir, sandboxId), JSON.stringify(attachment))
      known.set(sandboxId, attachment)
    },
    remove(sandboxId) {
      rmSync(join(dir, sandboxId), { force: true })
      known.delete(sandboxId)
    },
    all: () => known,
    fileOf: (sandboxId) => join(dir, sandboxId),
  }
}
