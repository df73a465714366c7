import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { UserError } from "../../cli/user-error.ts"
import { mergeServerFlags, type ServerFlags } from "../server/flags.ts"
import { API_PORT_DEFAULT, defaultDataDir, SLOTS_MAX } from "./layout.ts"
import { checkPool } from "./load-balancer-pool.ts"
import { checkRanges, planRanges } from "./plan-ranges.ts"
import type { ClusterRecord, CniFolders, CredentialProviderPaths, NodeRecord, RuntimeEndpoints } from "./record.ts"

/** What the user asked for; absent: as before, or the default. */
export interface UpOptions {
  readonly name: string
  readonly nodes?: number
  readonly dataDir?: string
  readonly kubeconfig?: string
  readonly apiPort?: number
  /** Undefined: as before. Without a folder: pods are wired by Gantry itself. */
  readonly cni?: CniFolders
  /** Undefined: as before. Empty: pods are run by Gantry itself. */
  readonly runtime?: RuntimeEndpoints
  /** `IPv4`, `IPv6`, or both, `IPv4,IPv6`. */
  readonly ipFamilies?: string
  /** Ranges of pods and services; of both families, `a,b`, the first is the family that leads. */
  readonly podCidr?: string
  readonly serviceCidr?: string
  /** Empty: that of the cluster's slot. */
  readonly loadBalancerPool?: string
  readonly serverFlags?: ServerFlags
  /** `config` empty: there are none any more. */
  readonly credentialProviders?: CredentialProviderPaths
  /** Empty: none any more. */
  readonly kubeletConfig?: string
}

export interface MachineView {
  /** Records of the other clusters. */
  readonly others: readonly ClusterRecord[]
  readonly hostname: string
  readonly isPortFree: (port: number) => boolean
  /** Whether something else on this machine uses addresses of the ranges of a slot. */
  readonly isSlotFree: (slot: number) => boolean
  readonly defaultKubeconfig: string
}

/** The record of a cluster that is started for the first time, or again with other options. Pure. */
export function planRecord(before: ClusterRecord | undefined, options: UpOptions, machine: MachineView): ClusterRecord {
  const dataDir =
    options.dataDir === undefined ? (before?.dataDir ?? defaultDataDir(options.name)) : resolve(options.dataDir)
  if (before !== undefined && before.dataDir !== dataDir) {
    throw new UserError(
      `--data-dir: cluster "${options.name}" lives in ${before.dataDir}, found ${dataDir}. Leave the option out, or choose another --name.`,
    )
  }
  const sharing = machine.others.find((other) => other.dataDir === dataDir)
  if (sharing !== undefined) {
    throw new UserError(`--data-dir: ${dataDir} belongs to cluster "${sharing.name}". Choose another folder.`)
  }
  const serverFlags = mergeServerFlags(before?.serverFlags, options.serverFlags)
  const { kubeletConfig = before?.kubeletConfig ?? "" } = options
  const count = options.nodes ?? before?.nodes.length ?? 1
  const pool = options.loadBalancerPool ?? before?.loadBalancerPool ?? ""
  const cni = options.cni ?? before?.cni
  const runtime = options.runtime ?? before?.runtime
  const credentialProviders = options.credentialProviders ?? before?.credentialProviders
  const record = {
    name: options.name,
    slot: before?.slot ?? freeSlot(machine),
    dataDir,
    kubeconfig:
      options.kubeconfig === undefined
        ? (before?.kubeconfig ?? machine.defaultKubeconfig)
        : resolve(options.kubeconfig),
    apiPort: apiPort(before, options, machine),
    nodes: nodes(before?.nodes ?? [], count, options.name, machine.hostname),
    ...(cni && cni.confDir !== "" && { cni }),
    ...(runtime && runtime.endpoint !== "" && { runtime }),
    ...(credentialProviders && credentialProviders.config !== "" && { credentialProviders }),
    ...planRanges(before, options, count),
    ...(pool !== "" && { loadBalancerPool: pool }),
    ...(Object.keys(serverFlags).length > 0 && { serverFlags }),
    ...(kubeletConfig !== "" && { kubeletConfig: resolve(kubeletConfig) }),
  }
  checkRanges(record, machine.others)
  checkPool(record, machine.others)
  checkRuntime(record, machine.others)
  return record
}

/** A runtime's pods are all of one node: another would take them for leftovers of its own. */
function checkRuntime({ cni, nodes: all, runtime }: ClusterRecord, others: readonly ClusterRecord[]): void {
  if (runtime === undefined) return
  const flag = "--container-runtime-endpoint"
  const sharing = others.find((other) => other.runtime?.endpoint === runtime.endpoint)
  if (sharing !== undefined) throw new UserError(`${flag}: ${runtime.endpoint} belongs to cluster "${sharing.name}".`)
  if (all.length > 1) {
    throw new UserError(
      `${flag}: a runtime runs the pods of one node, found ${all.length} nodes. Leave one of them out.`,
    )
  }
  if (cni !== undefined) {
    throw new UserError(`--cni-conf-dir: with ${flag} it is the runtime that calls plugins. Leave one of them out.`)
  }
}

function freeSlot({ others, isSlotFree }: MachineView): number {
  const taken = new Set(others.map(({ slot }) => slot))
  for (let slot = 0; slot < SLOTS_MAX; slot++) if (!taken.has(slot) && isSlotFree(slot)) return slot
  throw new UserError(
    `all address ranges for clusters are in use on this machine (${SLOTS_MAX} of them). Remove a cluster with: ./gantry down --purge --name NAME`,
  )
}

function apiPort(before: ClusterRecord | undefined, options: UpOptions, { others, isPortFree }: MachineView): number {
  const taken = new Set(others.map((other) => other.apiPort))
  if (options.apiPort !== undefined) {
    const owner = others.find((other) => other.apiPort === options.apiPort)
    if (owner !== undefined) {
      throw new UserError(`--api-port: ${options.apiPort} belongs to cluster "${owner.name}". Choose another.`)
    }
    return options.apiPort
  }
  if (before !== undefined) return before.apiPort
  for (let port = API_PORT_DEFAULT; port < API_PORT_DEFAULT + 2 * SLOTS_MAX; port++) {
    if (!taken.has(port) && isPortFree(port)) return port
  }
  throw new UserError(`found no free port from ${API_PORT_DEFAULT} on. Choose one with --api-port.`)
}

/** Existing nodes keep their places, because their addresses follow from them. */
function nodes(before: readonly NodeRecord[], count: number, cluster: string, machineName: string): NodeRecord[] {
  if (count < before.length) {
    throw new UserError(
      `--nodes: cluster "${cluster}" has ${before.length} nodes, found ${count}. Removing nodes is not possible yet; start anew with: ./gantry down --purge`,
    )
  }
  const kept = before.length === 0 ? [{ name: nodeName(machineName), kind: "host" as const }] : [...before]
  for (let index = kept.length; index < count; index++)
    kept.push({ name: `${cluster}-${index + 1}`, kind: "namespace" })
  return kept
}

/** A host name as Kubernetes takes it for a node. */
function nodeName(machineName: string): string {
  const name = machineName
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, "-")
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, "")
  return name === "" ? "node-1" : name.slice(0, 63).replace(/[^a-z0-9]+$/, "")
}

/** `$KUBECONFIG` when it names one file, as kubectl writes there too. */
export function defaultKubeconfig(env: Readonly<Record<string, string | undefined>>): string {
  const [first = ""] = (env["KUBECONFIG"] ?? "").split(":")
  return first === "" ? join(homedir(), ".kube", "config") : resolve(first)
}
