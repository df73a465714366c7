import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../../cli/user-error.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { ServerFlags } from "../server/flags.ts"

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
  /** `IPv4`, `IPv6`, or both in the order that counts; absent: those of the ranges below, or IPv4. */
  readonly ipFamilies?: string
  /** Ranges of pods and services as the user gave them, `a,b` for both families; absent: those of the slot. */
  readonly podCidr?: string
  readonly serviceCidr?: string
  /** Addresses for services of type LoadBalancer, as the user gave them; absent: those of the slot. */
  readonly loadBalancerPool?: string
  /** Who wires the pods, where it is not Gantry itself. */
  readonly cni?: CniFolders
  /** Who runs the pods, where it is not Gantry itself. */
  readonly runtime?: RuntimeEndpoints
  /** Programs that know credentials of registries. */
  readonly credentialProviders?: CredentialProviderPaths
  /** What the server is told besides. */
  readonly serverFlags?: ServerFlags
  /** Path of a KubeletConfiguration that every node follows. */
  readonly kubeletConfig?: string
}

/** Where CNI's configuration is, and its plugins. */
export interface CniFolders {
  readonly confDir: string
  readonly binDirs: readonly string[]
}

/** Where it stands which programs know credentials for which images, and where those are. */
export interface CredentialProviderPaths {
  /** A CredentialProviderConfig, or a folder of them. */
  readonly config: string
  readonly binDir: string
}

/** Sockets where CRI is served, as `unix:///run/containerd/containerd.sock`. */
export interface RuntimeEndpoints {
  readonly endpoint: string
  /** Absent: the same. */
  readonly imageEndpoint?: string
}

export interface NodeRecord {
  readonly name: string
  /** `host`: in this machine's own network namespace. `namespace`: in one of its own. */
  readonly kind: "host" | "namespace"
}

export const DEFAULT_CLUSTER = "gantry"
export const GANTRY_DIR = "/var/lib/gantry"
export const REGISTRY_DIR = join(GANTRY_DIR, "registry")

/** Cluster names become names of folders, cgroups and kubeconfig entries. */
export function checkClusterName(name: string): string {
  if (/^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) return name
  throw new UserError(
    `--name: found "${name}", expected at most 32 lower-case letters, digits and dashes, starting with a letter`,
    { exitCode: 2 },
  )
}

const recordFile = (name: string): string => join(REGISTRY_DIR, `${checkClusterName(name)}.json`)

/** Whether there is a record, readable or not. */
export const hasRecord = (name: string): boolean => existsSync(recordFile(name))

export function readRecord(name: string): ClusterRecord | undefined {
  const file = recordFile(name)
  if (!existsSync(file)) return undefined
  try {
    return parseRecord(JSON.parse(readFileSync(file, "utf8")), name)
  } catch (error) {
    const cause = messageOf(error)
    const text = `the record of cluster "${name}", ${file}, cannot be read: ${cause}. Repair it, or remove it and start the cluster anew.`
    throw new UserError(text, { cause: error })
  }
}

/** Records are ours, but people may have been at them. */
function parseRecord(value: unknown, name: string): ClusterRecord {
  const record = (typeof value === "object" && value !== null ? value : {}) as Partial<Record<string, unknown>>
  const isFit: Readonly<Record<keyof ClusterRecord, boolean>> = {
    name: record["name"] === name,
    slot: Number.isInteger(record["slot"]),
    dataDir: typeof record["dataDir"] === "string",
    kubeconfig: typeof record["kubeconfig"] === "string",
    apiPort: Number.isInteger(record["apiPort"]),
    loadBalancerPool: ["undefined", "string"].includes(typeof record["loadBalancerPool"]),
    ipFamilies: ["undefined", "string"].includes(typeof record["ipFamilies"]),
    podCidr: ["undefined", "string"].includes(typeof record["podCidr"]),
    serviceCidr: ["undefined", "string"].includes(typeof record["serviceCidr"]),
    kubeletConfig: ["undefined", "string"].includes(typeof record["kubeletConfig"]),
    runtime: ["undefined", "object"].includes(typeof record["runtime"]),
    cni: ["undefined", "object"].includes(typeof record["cni"]),
    credentialProviders: ["undefined", "object"].includes(typeof record["credentialProviders"]),
    serverFlags: ["undefined", "object"].includes(typeof record["serverFlags"]),
    nodes: Array.isArray(record["nodes"]) && record["nodes"].length > 0 && record["nodes"].every(isNodeRecord),
  }
  const [wrong] = Object.entries(isFit).filter(([, fit]) => !fit)
  if (wrong !== undefined) throw new Error(`found no valid "${wrong[0]}"`)
  return value as ClusterRecord
}

function isNodeRecord(value: unknown): value is NodeRecord {
  if (typeof value !== "object" || value === null || !("name" in value) || !("kind" in value)) return false
  return typeof value.name === "string" && (value.kind === "host" || value.kind === "namespace")
}

/** The record of a cluster that must exist. */
export function needRecord(name: string): ClusterRecord {
  const record = readRecord(name)
  if (record !== undefined) return record
  const known = recordNames()
  const hint = known.length === 0 ? "Start one with: ./gantry up" : `There is: ${known.join(", ")}.`
  throw new UserError(`found no cluster named "${name}". ${hint}`)
}

/** Throws when one of them is broken, because what it holds is not known then. */
export function allRecords(): ClusterRecord[] {
  return recordNames().flatMap((name) => readRecord(name) ?? [])
}

function recordNames(): string[] {
  if (!existsSync(REGISTRY_DIR)) return []
  const files = readdirSync(REGISTRY_DIR).filter((file) => file.endsWith(".json"))
  return files.map((file) => file.slice(0, -".json".length))
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
