import { hostname } from "node:os"
import { resolve } from "node:path"
import { readArguments, readNumber } from "../cli/arguments.ts"
import { prepareKubeconfig } from "../cli/kubeconfig.ts"
import { Progress } from "../cli/progress.ts"
import { UserError } from "../cli/user-error.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import type { Platform } from "../platform/platform.ts"
import { readKubeletConfig } from "./agent/settings.ts"
import { apiServerUrl, needsNodeNetwork } from "./cluster/addresses.ts"
import { inRegistry, lockCluster } from "./cluster/cluster-lock.ts"
import { ensureClusterPki } from "./cluster/cluster-pki.ts"
import { type ComponentSpec, startComponent, stopComponent, waitForComponent } from "./cluster/component-process.ts"
import { agentComponent, serverComponent } from "./cluster/components.ts"
import { mergeCredentials } from "./cluster/kubeconfig-entry.ts"
import { layoutOf } from "./cluster/layout.ts"
import { isSlotFree, listeningPorts } from "./cluster/machine-view.ts"
import { findRunning } from "./cluster/pid-file.ts"
import { defaultKubeconfig, planRecord, type UpOptions } from "./cluster/plan-record.ts"
import {
  allRecords,
  type ClusterRecord,
  DEFAULT_CLUSTER,
  readRecord,
  removeRecord,
  writeRecord,
} from "./cluster/record.ts"
import { refuseUnlessPossible } from "./cluster/refuse.ts"
import { findProgram, KUBECTL_HINT } from "./doctor/checks.ts"
import { pickServerFlags, SERVER_FLAGS } from "./server/flags.ts"

const NODES_MAX = 20

export async function up(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  const platform = createNodePlatform({ logLevel: "error" })
  const progress = new Progress(platform.clock.monotonicMs, console.log)
  const lock = lockCluster(options.name)
  try {
    const before = readRecord(options.name)
    const record = await inRegistry(platform.clock, () => {
      const planned = planCluster(before, options)
      refuseUnlessPossible(before, planned)
      writeRecord(planned)
      return planned
    })
    progress.say(`Cluster "${record.name}" in ${record.dataDir}`)
    const stopped = componentsOf(record).filter(({ pidFile }) => findRunning(pidFile) === undefined)
    try {
      await bringUp(record, platform, progress)
    } catch (error) {
      await undo(before, record, stopped, platform)
      throw error
    }
    // One at a time: several clusters may share the file.
    await inRegistry(platform.clock, () => mergeCredentials(record))
    progress.say(`  kubeconfig     ${record.kubeconfig}, context "${record.name}"`)
    progress.say(`Up after ${progress.elapsed}. Try: kubectl get nodes -o wide`)
    if (findProgram("kubectl") === undefined) progress.say(`kubectl is not installed. To get it: ${KUBECTL_HINT}`)
    return 0
  } finally {
    lock.release()
  }
}

/** Nothing half-started is left, but what ran before goes on. */
async function undo(
  before: ClusterRecord | undefined,
  record: ClusterRecord,
  stopped: readonly ComponentSpec[],
  platform: Platform,
): Promise<void> {
  try {
    // Half of a node's code, which only a failure needs.
    const { tearDown } = await import("./cluster/tear-down.ts")
    if (stopped.length === componentsOf(record).length) await tearDown(record, platform)
    else for (const { pidFile } of stopped) await stopComponent(pidFile, 0, platform)
  } catch (error) {
    // The failure that led here says more, so this one must not take its place. The record stays, for gantry down.
    console.error(`gantry: what was started could not be removed: ${String(error)}`)
    console.error(`gantry: remove it with: ./gantry down --purge --name ${record.name}`)
    return
  }
  if (before === undefined) removeRecord(record.name)
}

function readOptions(args: readonly string[]): UpOptions {
  const { values } = readArguments(args, {
    name: { type: "string", default: DEFAULT_CLUSTER },
    nodes: { type: "string" },
    "data-dir": { type: "string" },
    kubeconfig: { type: "string" },
    "api-port": { type: "string" },
    "ip-families": { type: "string" },
    "pod-cidr": { type: "string" },
    "service-cidr": { type: "string" },
    "load-balancer-pool": { type: "string" },
    "cni-conf-dir": { type: "string" },
    "cni-bin-dir": { type: "string" },
    "kubelet-config": { type: "string" },
    "image-credential-provider-config": { type: "string" },
    "image-credential-provider-bin-dir": { type: "string" },
    "container-runtime-endpoint": { type: "string" },
    "image-service-endpoint": { type: "string" },
    ...SERVER_FLAGS,
  })
  const { name, nodes, kubeconfig } = values
  const [dataDir, apiPort, loadBalancerPool] = [values["data-dir"], values["api-port"], values["load-balancer-pool"]]
  const kubeletConfig = values["kubelet-config"]
  const [ipFamilies, podCidr, serviceCidr] = [values["ip-families"], values["pod-cidr"], values["service-cidr"]]
  return {
    name,
    ...(nodes !== undefined && { nodes: readNumber(nodes, "--nodes", 1, NODES_MAX) }),
    ...(dataDir !== undefined && { dataDir }),
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(ipFamilies !== undefined && { ipFamilies }),
    ...(podCidr !== undefined && { podCidr }),
    ...(serviceCidr !== undefined && { serviceCidr }),
    ...(loadBalancerPool !== undefined && { loadBalancerPool }),
    ...cniOptions(values["cni-conf-dir"], values["cni-bin-dir"]),
    ...runtimeOptions(values["container-runtime-endpoint"], values["image-service-endpoint"], kubeletConfig),
    ...providerOptions(values["image-credential-provider-config"], values["image-credential-provider-bin-dir"]),
    ...(kubeletConfig !== undefined && { kubeletConfig }),
    serverFlags: pickServerFlags(values),
    ...(apiPort !== undefined && { apiPort: readNumber(apiPort, "--api-port", 1, 65_535) }),
  }
}

/** Where distributions put plugins. */
const CNI_BIN_DIRS = ["/opt/cni/bin", "/usr/lib/cni"]

function cniOptions(confDir: string | undefined, binDir: string | undefined): Pick<UpOptions, "cni"> {
  if (confDir === undefined) {
    if (binDir === undefined) return {}
    throw new UserError("--cni-bin-dir: has no effect without --cni-conf-dir", { exitCode: 2 })
  }
  const binDirs = binDir === undefined ? CNI_BIN_DIRS : binDir.split(":").map((dir) => resolve(dir))
  return { cni: { confDir: confDir === "" ? "" : resolve(confDir), binDirs } }
}

function providerOptions(
  config: string | undefined,
  binDir: string | undefined,
): Pick<UpOptions, "credentialProviders"> {
  if (config === undefined && binDir === undefined) return {}
  if (config === "") return { credentialProviders: { config, binDir: "" } }
  if (config === undefined || binDir === undefined) {
    const text = "--image-credential-provider-config and --image-credential-provider-bin-dir: give both, or none"
    throw new UserError(text, { exitCode: 2 })
  }
  return { credentialProviders: { config: resolve(config), binDir: resolve(binDir) } }
}

/** The flags win over the configuration, as with the kubelet. */
function runtimeOptions(
  endpointFlag: string | undefined,
  imageFlag: string | undefined,
  kubeletConfig: string | undefined,
): Pick<UpOptions, "runtime"> {
  const { imageEndpoint: configuredImages, runtimeEndpoint } = kubeletConfig ? readKubeletConfig(kubeletConfig) : {}
  const endpoint = endpointFlag ?? runtimeEndpoint
  const imageEndpoint = imageFlag ?? configuredImages
  if (endpoint === undefined) {
    if (imageFlag === undefined) return {}
    throw new UserError("--image-service-endpoint: has no effect without --container-runtime-endpoint", { exitCode: 2 })
  }
  return { runtime: { endpoint, ...(imageEndpoint && { imageEndpoint }) } }
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
    const { createNodeNetwork } = await import("./cluster/node-network.ts")
    await progress.step(
      "node network",
      () => createNodeNetwork(record, platform),
      () =>
        layoutOf(record)
          .ranges.map(({ nodeCidr }) => nodeCidr)
          .join(),
    )
  }
  // The first failure counts: an agent would wait for a server that never comes.
  const ready = Promise.all([
    start(serverComponent(record), "server", apiServerUrl(record), platform, progress),
    ...record.nodes.map(({ name }) => start(agentComponent(record, name), "node", name, platform, progress)),
  ])
  prepareKubeconfig()
  await ready
}

async function start(
  spec: ComponentSpec,
  kind: string,
  about: string,
  platform: Platform,
  progress: Progress,
): Promise<void> {
  const running = findRunning(spec.pidFile)
  if (running?.ready) {
    progress.say(`  ${kind.padEnd(14)} ${about} runs already, process ${running.pid}`)
    return
  }
  await progress.step(
    kind,
    () => (running === undefined ? startComponent(spec, platform) : waitForComponent(spec, platform)),
    () => `${about} is ready`,
  )
}
