import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from "node:fs"
import { checkKubeconfig } from "../../cli/kubeconfig.ts"
import { UserError } from "../../cli/user-error.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { onFirstUse } from "../../platform/on-first-use.ts"
import { socketOf } from "../../runtime/containerd/endpoint.ts"
import { readKubeletConfig } from "../agent/settings.ts"
import { examineMachine, nearestExisting } from "../doctor/checks.ts"
import { examineRanges } from "../doctor/network-checks.ts"
import { readServerFlags, type ServerFlag } from "../server/flags.ts"
import { checkCniFolders } from "./cni-folders.ts"
import { agentComponent, serverComponent } from "./components.ts"
import { LOST_AND_FOUND, layoutOf } from "./layout.ts"
import { checkPoolAgainstMachine } from "./load-balancer-pool.ts"
import { machineRoutes } from "./machine-address.ts"
import { listeningPorts } from "./machine-view.ts"
import { findRunning } from "./pid-file.ts"
import type { ClusterRecord } from "./record.ts"

const providers = onFirstUse<typeof import("../agent/credential-providers.ts")>(
  "../agent/credential-providers.ts",
  import.meta.url,
)

/**
 * What would keep a cluster from coming up, found before anything is started. Throws `UserError`. `before` is the
 * record of the last time.
 */
export function refuseUnlessPossible(before: ClusterRecord | undefined, record: ClusterRecord): void {
  refuseMachine(record)
  refuseGrowth(before, record)
  refusePorts(before, record)
  if (before === undefined) refuseRoutes(record)
  refusePool(before, record)
  refuseCni(before, record)
  refuseRuntime(before, record)
  refuseFlags(before, record)
  refuseKubeletConfig(before, record)
  refuseCredentialProviders(before, record)
  checkKubeconfig(record.kubeconfig)
  refuseDataDir(record, before === undefined)
}

/** With a second node the first gets another address, and the network between pods another frame size. */
function refuseGrowth(before: ClusterRecord | undefined, record: ClusterRecord): void {
  if (before?.nodes.length !== 1 || record.nodes.length === 1) return
  if (findRunning(serverComponent(before).pidFile) === undefined) return
  throw new UserError(
    `--nodes: cluster "${record.name}" runs with its network made for one node. Stop it first: ./gantry down --name ${record.name}`,
  )
}

/** Pods of one node cannot be wired in two ways. */
function refuseCni(before: ClusterRecord | undefined, record: ClusterRecord): void {
  const { confDir = "" } = record.cni ?? {}
  if (confDir !== "" && !existsSync(confDir)) {
    throw new UserError(`--cni-conf-dir: found no folder ${confDir}. Make it, with a network configuration inside.`)
  }
  if (confDir !== "") checkCniFolders(confDir, record.nodes)
  if (before === undefined || JSON.stringify(before.cni) === JSON.stringify(record.cni)) return
  if (findRunning(serverComponent(before).pidFile) === undefined) return
  throw new UserError(
    `--cni-conf-dir: cluster "${record.name}" runs without this change. Stop it first: ./gantry down --name ${record.name}`,
  )
}

/** What one runtime runs is unknown to another. */
function refuseRuntime(before: ClusterRecord | undefined, { name, runtime }: ClusterRecord): void {
  const { endpoint = "", imageEndpoint = "" } = runtime ?? {}
  for (const [flag, value] of [
    ["--container-runtime-endpoint", endpoint],
    ["--image-service-endpoint", imageEndpoint],
  ] as const) {
    if (value === "") continue
    try {
      socketOf(value)
    } catch (error) {
      throw new UserError(`${flag}: ${messageOf(error)}`, { exitCode: 2 })
    }
  }
  if (before === undefined || JSON.stringify(before.runtime) === JSON.stringify(runtime)) return
  if (findRunning(serverComponent(before).pidFile) === undefined) return
  throw new UserError(
    `--container-runtime-endpoint: cluster "${name}" runs without this change. Stop it first: ./gantry down --name ${name}`,
  )
}

const poolsOf = (record: ClusterRecord): string =>
  layoutOf(record)
    .ranges.map(({ loadBalancerPool }) => loadBalancerPool)
    .join()

function refusePool(before: ClusterRecord | undefined, record: ClusterRecord): void {
  checkPoolAgainstMachine(record)
  if (before === undefined || before.loadBalancerPool === record.loadBalancerPool) return
  if (findRunning(serverComponent(before).pidFile) === undefined) return
  throw new UserError(
    `--load-balancer-pool: cluster "${record.name}" runs with ${poolsOf(before)}. Stop it first: ./gantry down --name ${record.name}`,
  )
}

/** A new cluster must not take what this machine reaches elsewhere, nor have it taken away. */
function refuseRoutes(record: ClusterRecord): void {
  const taken = examineRanges(layoutOf(record), machineRoutes()).find(({ state }) => state !== "good")
  if (taken === undefined) return
  throw new UserError(`${taken.text}. Choose other ranges with --pod-cidr, --service-cidr or --load-balancer-pool.`)
}

/** Throws for flags that do not fit, and when the server runs with others. */
function refuseFlags(before: ClusterRecord | undefined, { name, serverFlags = {} }: ClusterRecord): void {
  readServerFlags(serverFlags)
  if (before === undefined || findRunning(serverComponent(before).pidFile) === undefined) return
  const had = before.serverFlags ?? {}
  const flags = new Set([...Object.keys(had), ...Object.keys(serverFlags)] as ServerFlag[])
  const changed = [...flags].find((flag) => had[flag] !== serverFlags[flag])
  if (changed === undefined) return
  throw new UserError(
    `--${changed}: the server of cluster "${name}" runs without this change. Stop it first: ./gantry down --name ${name}`,
  )
}

/** Throws for a configuration that cannot be followed, and when nodes run with another. */
function refuseKubeletConfig(before: ClusterRecord | undefined, record: ClusterRecord): void {
  const { kubeletConfig, name, nodes } = record
  if (kubeletConfig !== undefined) readKubeletConfig(kubeletConfig)
  if (before === undefined || before.kubeletConfig === kubeletConfig) return
  const running = nodes.find((node) => findRunning(agentComponent(record, node.name).pidFile) !== undefined)
  if (running === undefined) return
  throw new UserError(
    `--kubelet-config: node "${running.name}" runs without this change. Stop the cluster first: ./gantry down --name ${name}`,
  )
}

/** Throws for plugins that cannot be asked, and when nodes run with others. */
function refuseCredentialProviders(before: ClusterRecord | undefined, record: ClusterRecord): void {
  const { credentialProviders, name, nodes } = record
  if (credentialProviders !== undefined) providers().readCredentialProviders(credentialProviders)
  if (before === undefined || JSON.stringify(before.credentialProviders) === JSON.stringify(credentialProviders)) return
  const running = nodes.find((node) => findRunning(agentComponent(record, node.name).pidFile) !== undefined)
  if (running === undefined) return
  throw new UserError(
    `--image-credential-provider-config: node "${running.name}" runs without this change. Stop the cluster first: ./gantry down --name ${name}`,
  )
}

function refuseMachine({ dataDir, nodes }: ClusterRecord): void {
  const missing = examineMachine(dataDir, nodes.length).filter(({ state }) => state === "missing")
  const [first] = missing
  if (first === undefined) return
  const more = missing.length > 1 ? ` (${missing.length - 1} more: ./gantry doctor)` : ""
  throw new UserError(`${first.text}. ${first.fix === undefined ? "" : `To repair it: ${first.fix}.`}${more}`)
}

function refusePorts(before: ClusterRecord | undefined, record: ClusterRecord): void {
  const { apiPort, name, nodes } = record
  const listening = listeningPorts()
  const server = findRunning(serverComponent(record).pidFile)
  if (server !== undefined && before !== undefined && before.apiPort !== apiPort) {
    throw new UserError(
      `--api-port: cluster "${name}" runs on port ${before.apiPort}, found ${apiPort}. Stop it first: ./gantry down --name ${name}`,
    )
  }
  if (server === undefined && listening.has(apiPort)) {
    throw new UserError(`port ${apiPort} is in use by another program. Stop it, or choose another with --api-port.`)
  }
  const [host] = nodes
  const port = host === undefined ? 0 : layoutOf(record).node(host.name).kubeletPort
  const agent = host === undefined ? undefined : findRunning(agentComponent(record, host.name).pidFile)
  if (agent === undefined && listening.has(port)) {
    throw new UserError(`port ${port} of the kubelet is in use by another program, perhaps another kubelet. Stop it.`)
  }
}

const HINT = "Choose another folder with --data-dir."

function refuseDataDir(record: ClusterRecord, isNew: boolean): void {
  const { dataDir } = record
  const parent = nearestExisting(dataDir)
  if (!statSync(parent).isDirectory()) {
    throw new UserError(`--data-dir: found a file at ${parent}, expected a folder. ${HINT}`)
  }
  try {
    accessSync(parent, constants.W_OK)
    mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  } catch (error) {
    const cause = messageOf(error)
    throw new UserError(`--data-dir: cannot write to ${parent}: ${cause}. ${HINT}`, { cause: error })
  }
  // Purging the cluster deletes everything in its folder, so nothing else may be there.
  const entries = readdirSync(dataDir).filter((entry) => entry !== LOST_AND_FOUND)
  if (isNew && entries.length > 0 && !existsSync(layoutOf(record).pkiDir)) {
    const found = entries.slice(0, 3).join(", ") + (entries.length > 3 ? ", …" : "")
    throw new UserError(`--data-dir: found ${found} in ${dataDir}, expected an empty folder or a cluster's. ${HINT}`)
  }
}
