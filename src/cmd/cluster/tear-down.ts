import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Progress } from "../../cli/progress.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { createVxlanOverlay } from "../../network/overlay/vxlan.ts"
import { createServiceProxy } from "../../network/proxy/service-proxy.ts"
import { detectCgroups } from "../../platform/linux/cgroups.ts"
import { unmount } from "../../platform/linux/mount.ts"
import { readMountTable } from "../../platform/linux/mount-table.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerRuntime } from "../../runtime/runtime.ts"
import { type NodeParts, nodeParts, vxlanDevice } from "../agent/node-parts.ts"
import { readKubeletConfig } from "../agent/settings.ts"
import { buildRunner } from "../build/oci-run-step.ts"
import { nodeAddresses } from "./addresses.ts"
import { stopComponent } from "./component-process.ts"
import { agentComponent, netnsPathOf, serverComponent } from "./components.ts"
import { layoutOf } from "./layout.ts"
import { removeNodeNetwork } from "./node-network.ts"
import type { ClusterRecord } from "./record.ts"

/** How long server and agents may take to end by themselves. */
const COMPONENT_GRACE_MS = 10_000
/** How long containers may take between being asked and being killed. */
const CONTAINER_GRACE_MS = 2000

/**
 * Ends everything of a cluster on this machine: containers, processes, mounts, namespaces, devices, rules and cgroups.
 * Works whatever of it is left. The data folder stays.
 */
export async function tearDown(record: ClusterRecord, platform: Platform, progress?: Progress): Promise<void> {
  const layout = layoutOf(record)
  const step = (name: string, work: () => Promise<unknown>, result: string) =>
    progress === undefined ? work() : progress.step(name, work, () => result)
  // Agents first: while they run they would start again what is stopped here.
  const podsMs = shutdownMs(record, platform)
  const agents = record.nodes.map(({ name }) => agentComponent(record, name).pidFile)
  await step(
    "processes",
    async () => {
      await Promise.all(agents.map((pidFile) => stopComponent(pidFile, COMPONENT_GRACE_MS + podsMs, platform)))
      await stopComponent(serverComponent(record).pidFile, COMPONENT_GRACE_MS, platform)
    },
    "stopped",
  )
  await step(
    "containers",
    () =>
      Promise.all([
        ...record.nodes.map(({ name }) => clearNode(record, name, platform)),
        buildRunner(layout, platform).removeLeftovers(),
      ]),
    "removed",
  )
  await removeNodeNetwork(record, platform)
  unmountBelow([record.dataDir, layout.runDir])
  removeCgroups(layout.cgroup)
  rmSync(layout.runDir, { recursive: true, force: true })
}

/** What the configuration of the nodes allows their pods. Somebody may have broken it since they began. */
function shutdownMs({ kubeletConfig }: ClusterRecord, { log }: Platform): number {
  if (kubeletConfig === undefined || !existsSync(kubeletConfig)) return 0
  try {
    return readKubeletConfig(kubeletConfig).shutdown.reduce((sum, { seconds }) => sum + seconds * 1000, 0)
  } catch (error) {
    log.warn("pods have no time of their own to end: the configuration of their nodes cannot be read", { error })
    return 0
  }
}

async function clearNode(record: ClusterRecord, nodeName: string, platform: Platform): Promise<void> {
  const netns = netnsPathOf(record, nodeName)
  const own = record.nodes.find(({ name }) => name === nodeName)?.kind === "namespace"
  const inNamespace = own && existsSync(netns)
  const layout = layoutOf(record)
  const parts = nodeParts(record, nodeName, platform, inNamespace ? netns : undefined)
  await clearRuntime(record, parts, layout.node(nodeName).dataDir)
  // The namespace takes its devices and rules with it.
  if (own && !inNamespace) return
  const proxy = createServiceProxy({
    name: parts.bridge.name,
    ranges: parts.bridge.ranges,
    nodeName,
    nodeIps: [],
    platform,
    ...(inNamespace && { netns }),
  })
  await proxy.destroy()
  const overlay = createVxlanOverlay({
    device: vxlanDevice(parts.bridge.name),
    port: layout.vxlanPort,
    nodeIp: nodeAddresses(record, nodeName)[0],
    podCidrs: parts.bridge.ranges.map(({ podCidr }) => podCidr),
    ...(inNamespace && { netns }),
  })
  overlay.destroy()
  overlay.close()
  await parts.policies.destroy()
  await parts.bridge.destroy()
  parts.bridge.close()
}

async function clearRuntime(record: ClusterRecord, parts: NodeParts, nodeDir: string): Promise<void> {
  const opened = await parts.openRuntime().catch((error: unknown) => {
    if (record.runtime === undefined) throw error
    // Nothing else depends on it, and it may have been removed for good.
    console.error(`gantry: what runs there stays: ${messageOf(error)}`)
    return undefined
  })
  try {
    if (opened !== undefined) await removeContainers(opened.runtime)
  } finally {
    await opened?.runtime.close()
  }
  if (record.runtime === undefined) return
  const { unplugOtherRuntime } = await import("../agent/other-runtime.ts")
  unplugOtherRuntime(nodeDir)
}

/** Stops everything that a runtime has, and removes it. */
export async function removeContainers(runtime: ContainerRuntime): Promise<void> {
  const containers = await runtime.listContainers({ state: "RUNNING" })
  await Promise.all(containers.map(({ id }) => runtime.stopContainer(id, CONTAINER_GRACE_MS)))
  const sandboxes = await runtime.listPodSandboxes()
  await Promise.all(
    sandboxes.map(async ({ id }) => {
      await runtime.stopPodSandbox(id)
      await runtime.removePodSandbox(id)
    }),
  )
}

/** Volumes of pods that are gone: memory, projected files, bind mounts. Innermost first. */
export function unmountBelow(folders: readonly string[]): void {
  const points = readMountTable()
    .map(({ mountPoint }) => mountPoint)
    .filter((point) => folders.some((folder) => point.startsWith(`${folder}/`)))
  for (const point of points.toReversed()) unmount(point)
}

/** In every hierarchy; nothing may run in the group or below. */
export function removeCgroups(path: string): void {
  const { controllers, unified } = detectCgroups()
  const roots = new Set([...controllers.values(), ...(unified === undefined ? [] : [unified])])
  for (const root of roots) removeGroup(join(root, path))
}

/** A group's folder goes only when those below it are gone; its files are not real and stay out of it. */
function removeGroup(folder: string): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(folder, entry.name))
  }
  rmdirSync(folder)
}
