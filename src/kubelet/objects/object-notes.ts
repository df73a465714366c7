import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { KubeObject } from "../../machinery/schema/resource.ts"
import { writeAtomically } from "../../platform/linux/files.ts"

/**
 * The last known form of the config maps and secrets that pods of this node need, so that their containers can restart
 * while the API server is away and the agent was restarted. Secrets must not reach a disk: the folder has to be on a
 * tmpfs, so that after a reboot of the machine nothing is left.
 */
export interface ObjectNotes {
  note(key: string, object: KubeObject): void
  read(key: string): KubeObject | undefined
  forget(key: string): void
  /** Forgets everything else. */
  keepOnly(keys: ReadonlySet<string>): void
}

export function createObjectNotes(folder: string): ObjectNotes {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const nameOf = (key: string) => createHash("sha256").update(key).digest("hex")
  const fileOf = (key: string) => join(folder, nameOf(key))
  return {
    note(key, object) {
      const file = fileOf(key)
      writeAtomically(file, JSON.stringify(object))
    },
    read(key) {
      const file = fileOf(key)
      return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as KubeObject) : undefined
    },
    forget: (key) => rmSync(fileOf(key), { force: true }),
    keepOnly(keys) {
      const kept = new Set([...keys].map(nameOf))
      for (const name of readdirSync(folder)) if (!kept.has(name)) rmSync(join(folder, name), { force: true })
    },
  }
}

/** For nodes without a tmpfs. */
export const noNotes: ObjectNotes = { note() {}, read: () => undefined, forget() {}, keepOnly() {} }
