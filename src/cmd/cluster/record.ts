import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../../cli/user-error.ts"

/**
 * What is fixed about a cluster when it is first started. Kept as JSON in the registry of this machine, so that every
 * command finds a cluster by its name.
 */
export interface ClusterRecord {
  readonly name: string
  /** Unique among the clusters of this machine; their address ranges, ports and device names derive from it. */
  readonly slot: number
  readonly dataDir: string
  readonly kubeconfig: string
  readonly apiPort: number
  readonly nodes: readonly NodeRecord[]
}

export interface NodeRecord {
  readonly name: string
  /** `host`: in this machine's own network namespace. `namespace`: in one of its own. */
  readonly kind: "host" | "namespace"
}

export const DEFAULT_CLUSTER = "gantry"
export const GANTRY_DIR = "/var/lib/gantry"
const REGISTRY_DIR = join(GANTRY_DIR, "registry")

/** Cluster names become names of folders, cgroups and kubeconfig entries. */
export function checkClusterName(name: string): string {
  if (/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) return name
  throw new UserError(
    `--name: found "${name}", expected at most 32 lower-case letters, digits and dashes, starting with a letter`,
    { exitCode: 2 },
  )
}

export function readRecord(name: string): ClusterRecord | undefined {
  const file = join(REGISTRY_DIR, `${checkClusterName(name)}.json`)
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ClusterRecord
  } catch (error) {
    throw new UserError(
      `${file} cannot be read: ${String(error)}. Repair it, or remove it and start the cluster anew.`,
      {
        cause: error,
      },
    )
  }
}

/** The record of a cluster that must exist. */
export function needRecord(name: string): ClusterRecord {
  const record = readRecord(name)
  if (record !== undefined) return record
  const known = allRecords().map((other) => other.name)
  const hint = known.length === 0 ? "Start one with: ./gantry up" : `There is: ${known.join(", ")}.`
  throw new UserError(`found no cluster named "${name}". ${hint}`)
}

export function allRecords(): ClusterRecord[] {
  if (!existsSync(REGISTRY_DIR)) return []
  return readdirSync(REGISTRY_DIR)
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => readRecord(file.slice(0, -".json".length)) ?? [])
}

export function writeRecord(record: ClusterRecord): void {
  mkdirSync(REGISTRY_DIR, { recursive: true, mode: 0o700 })
  const file = join(REGISTRY_DIR, `${record.name}.json`)
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
}

export function removeRecord(name: string): void {
  rmSync(join(REGISTRY_DIR, `${name}.json`), { force: true })
}
