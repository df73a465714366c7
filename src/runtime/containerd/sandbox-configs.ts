import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { readJsonIfWhole, writeAtomically } from "../../platform/linux/files.ts"
import type { PodSandboxConfig, PodSandboxMetadata } from "../sandbox.ts"

/**
 * How sandboxes were asked for. CRI wants it again with each of their containers, also after this process was started
 * anew, so it is kept in a file for each sandbox.
 */
export interface SandboxConfigs {
  get(metadata: PodSandboxMetadata): PodSandboxConfig | undefined
  /** That of the pod's last sandbox, which may be in the making. */
  newestOf(podUid: string): PodSandboxConfig | undefined
  set(config: PodSandboxConfig): void
  delete(metadata: PodSandboxMetadata): void
  /** Forgets all others. */
  keepOnly(all: readonly PodSandboxMetadata[]): void
}

const SUFFIX = ".json"

/** `dir`: made when it is missing; nobody else writes there. */
export function openSandboxConfigs(dir: string): SandboxConfigs {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const nameOf = ({ attempt, uid }: PodSandboxMetadata) => `${encodeURIComponent(uid)}_${attempt}${SUFFIX}`
  const known = new Map<string, PodSandboxConfig>()
  for (const name of readdirSync(dir)) {
    // One that a crash of the machine has cut short: its sandbox did not survive either.
    const config = name.endsWith(SUFFIX)
      ? (readJsonIfWhole(join(dir, name)) as PodSandboxConfig | undefined)
      : undefined
    if (config !== undefined) known.set(name, config)
  }
  const forget = (name: string) => {
    known.delete(name)
    rmSync(join(dir, name), { force: true })
  }
  return {
    get: (metadata) => known.get(nameOf(metadata)),
    newestOf: (podUid) =>
      [...known.values()]
        .filter(({ metadata }) => metadata.uid === podUid)
        .reduce<PodSandboxConfig | undefined>(
          (newest, each) => (newest && newest.metadata.attempt > each.metadata.attempt ? newest : each),
          undefined,
        ),
    set(config) {
      const name = nameOf(config.metadata)
      const path = join(dir, name)
      // Not flushed: after a crash of the machine there are no sandboxes either.
      writeAtomically(path, JSON.stringify(config))
      known.set(name, config)
    },
    delete: (metadata) => forget(nameOf(metadata)),
    keepOnly(all) {
      const kept = new Set(all.map(nameOf))
      for (const name of known.keys()) if (!kept.has(name)) forget(name)
    },
  }
}
