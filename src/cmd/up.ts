import { mkdirSync, readFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { readArguments, readNumber } from "../cli/arguments.ts"
import { changeKubeconfig, mergeKubeconfig } from "../cli/kubeconfig.ts"
import { Progress } from "../cli/progress.ts"
import { UserError } from "../cli/user-error.ts"
import { LockedError, lockFile } from "../platform/linux/file-lock.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import type { Platform } from "../platform/platform.ts"
import { hostAddress, needsNodeNetwork } from "./cluster/addresses.ts"
import { ensureClusterPki } from "./cluster/cluster-pki.ts"
import { type ComponentSpec, findRunning, startComponent, stopComponent } from "./cluster/component-process.ts"
import { agentComponent, serverComponent } from "./cluster/components.ts"
import { layoutOf } from "./cluster/layout.ts"
import { isSlotFree, listeningPorts } from "./cluster/machine-view.ts"
import { createNodeNetwork } from "./cluster/node-network.ts"
import { defaultKubeconfig, planRecord, type UpOptions } from "./cluster/plan-record.ts"
import {
  allRecords,
  type ClusterRecord,
  DEFAULT_CLUSTER,
  readRecord,
  removeRecord,
  writeRecord,
} from "./cluster/record.ts"
import { tearDown } from "./cluster/tear-down.ts"
import { examineMachine } from "./doctor/checks.ts"

const NODES_MAX = 20

export async function up(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  const platform = createNodePlatform({ logLevel: "error" })
  const progress = new Progress(platform.clock.monotonicMs, console.log)
  const lock = lockCluster(options.name)
  try {
    const before = readRecord(options.name)
    const record = planCluster(before, options)
    refuseUnlessPossible(record)
    const stopped = componentsOf(record).filter(({ pidFile }) => findRunning(pidFile) === undefined)
    progress.say(`Cluster "${record.name}" in ${record.dataDir}`)
    writeRecord(record)
    try {
      await bringUp(record, platform, progress)
    } catch (error) {
      // Nothing half-started is left, but what ran before goes on.
      if (stopped.length === componentsOf(record).length) await tearDown(record, platform)
      else for (const { pidFile } of stopped) await stopComponent(pidFile, 0, platform)
      if (before === undefined) removeRecord(record.name)
      throw error
    }
    mergeCredentials(record)
    progress.say(`  kubeconfig     ${record.kubeconfig}, context "${record.name}"`)
    progress.say(`Up after ${progress.elapsed}. Try: kubectl get nodes -o wide`)
    return 0
  } finally {
    lock.release()
  }
}

function readOptions(args: readonly string[]): UpOptions {
  const { values } = readArguments(args, {
    name: { type: "string", default: DEFAULT_CLUSTER },
    nodes: { type: "string" },
    "data-dir": { type: "string" },
    kubeconfig: { type: "string" },
    "api-port": { type: "string" },
  })
  const { name, nodes, kubeconfig } = values
  const [dataDir, apiPort] = [values["data-dir"], values["api-port"]]
  return {
    name,
    ...(nodes !== undefined && { nodes: readNumber(nodes, "--nodes", 1, NODES_MAX) }),
    ...(dataDir !== undefined && { dataDir }),
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(apiPort !== undefined && { apiPort: readNumber(apiPort, "--api-port", 1, 65_535) }),
  }
}

export function lockCluster(name: string) {
  mkdirSync("/run/gantry", { recursive: true, mode: 0o711 })
  try {
    return lockFile(`/run/gantry/${name}.lock`)
  } catch (error) {
    if (!(error instanceof LockedError)) throw error
    const who = error.holderPid === undefined ? "another gantry command" : `process ${error.holderPid}`
    throw new UserError(`${who} is starting or stopping cluster "${name}" at this moment. Wait for it, then try again.`)
  }
}

function planCluster(before: ClusterRecord | undefined, options: UpOptions): ClusterRecord {
  const others = allRecords().filter(({ name }) => name !== options.name)
  const listening = listeningPorts()
  return planRecord(before, options, {
    others,
    hostname: hostname(),
    isPortFree: (port) => !listening.has(port),
    isSlotFree,
    defaultKubeconfig: defaultKubeconfig(process.env),
  })
}

function refuseUnlessPossible(record: ClusterRecord): void {
  const missing = examineMachine(record.dataDir).filter(({ state }) => state === "missing")
  const [first] = missing
  if (first !== undefined) {
    const more = missing.length > 1 ? ` (${missing.length - 1} more: ./gantry doctor)` : ""
    throw new UserError(`${first.text}. ${first.fix === undefined ? "" : `To repair it: ${first.fix}.`}${more}`)
  }
  const listening = listeningPorts()
  const running = findRunning(serverComponent(record).pidFile)
  if (running === undefined && listening.has(record.apiPort)) {
    throw new UserError(
      `port ${record.apiPort} is in use by another program. Stop it, or choose another port with --api-port.`,
    )
  }
  const [host] = record.nodes
  const port = host === undefined ? 0 : layoutOf(record).node(host.name).kubeletPort
  const agent = host === undefined ? undefined : findRunning(agentComponent(record, host.name).pidFile)
  if (agent === undefined && listening.has(port)) {
    throw new UserError(`port ${port} of the kubelet is in use by another program, perhaps another kubelet. Stop it.`)
  }
  makeDataDir(record.dataDir)
}

function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  } catch (error) {
    throw new UserError(`cannot make the data folder ${dataDir}: ${String(error)}. Choose another with --data-dir.`, {
      cause: error,
    })
  }
}

const componentsOf = (record: ClusterRecord): ComponentSpec[] => [
  serverComponent(record),
  ...record.nodes.map(({ name }) => agentComponent(record, name)),
]

async function bringUp(record: ClusterRecord, platform: Platform, progress: Progress): Promise<void> {
  await progress.step(
    "certificates",
    () => ensureClusterPki(record, platform),
    () => "valid",
  )
  if (needsNodeNetwork(record)) {
    await progress.step(
      "node network",
      () => createNodeNetwork(record, platform),
      () => layoutOf(record).nodeCidr,
    )
  }
  // The first failure counts: an agent would wait for a server that never comes.
  await Promise.all([
    start(serverComponent(record), "server", `https://${hostAddress(record)}:${record.apiPort}`, platform, progress),
    ...record.nodes.map(({ name }) => start(agentComponent(record, name), "node", name, platform, progress)),
  ])
}

async function start(
  spec: ComponentSpec,
  kind: string,
  about: string,
  platform: Platform,
  progress: Progress,
): Promise<void> {
  const running = findRunning(spec.pidFile)
  if (running !== undefined) {
    progress.say(`  ${kind.padEnd(14)} ${about} runs already, process ${running.pid}`)
    return
  }
  await progress.step(
    kind,
    () => startComponent(spec, platform),
    () => `${about} is ready`,
  )
}

function mergeCredentials(record: ClusterRecord): void {
  const { pkiDir } = layoutOf(record)
  const read = (file: string) => readFileSync(join(pkiDir, file), "utf8")
  changeKubeconfig(record.kubeconfig, (text) =>
    mergeKubeconfig(text, {
      name: record.name,
      server: `https://127.0.0.1:${record.apiPort}`,
      ca: read("ca.crt"),
      cert: read("admin.crt"),
      key: read("admin.key"),
    }),
  )
}
