import { mkdirSync, watch } from "node:fs"
import { onFirstCall } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerFilter } from "../container.ts"
import { isRuntimeError, RuntimeError } from "../errors.ts"
import { createEventHub } from "../event-hub.ts"
import { matchesLabels } from "../labels.ts"
import type { PodNetwork } from "../pod-network.ts"
import type { ContainerRuntime, RuntimeEvent, RuntimeStatus } from "../runtime.ts"
import type { PodSandboxFilter } from "../sandbox.ts"
import { CDI_FOLDERS } from "./cdi/find-devices.ts"
import { detectCgroups } from "./cgroups.ts"
import { noteExit, noteLoss } from "./container-exit.ts"
import { updateResources } from "./container-update.ts"
import {
  containerStatusView,
  containerView,
  podUidOf,
  publishSandbox,
  sandboxStatusView,
  sandboxView,
} from "./container-view.ts"
import { createContainer, removeContainer, reopenContainerLog, startContainer, stopContainer } from "./containers.ts"
import { needContainer, needSandbox, type OciContext, type RuntimeImages } from "./context.ts"
import { handlerNames, type OciHandler, probeHandler } from "./handlers.ts"
import { createKeyedLock } from "./keyed-lock.ts"
import { createLayout } from "./layout.ts"
import { machineWarnings, readMachineFacts } from "./machine.ts"
import { recover } from "./recovery.ts"
import { removePodSandbox, runPodSandbox, stopPodSandbox } from "./sandboxes.ts"
import { containerStats, podSandboxStats } from "./stats.ts"
import { hasUserNamespaces } from "./user-namespaces.ts"

const { attach } = onFirstCall<typeof import("./attach.ts")>("./attach.ts", import.meta.url)
const { exec, execSync } = onFirstCall<typeof import("./exec.ts")>("./exec.ts", import.meta.url)
const { portForward } = onFirstCall<typeof import("./port-forward.ts")>("./port-forward.ts", import.meta.url)

export interface OciRuntimeOptions {
  /** On disk; records and writable layers. One runtime at a time may have it open. */
  readonly dataDir: string
  /** On a tmpfs, such as below /run; state of this boot. */
  readonly stateDir: string
  readonly platform: Pick<Platform, "clock" | "random" | "processes" | "log">
  readonly images: RuntimeImages
  readonly network: PodNetwork
  /** Default `/sys/fs/cgroup`. */
  readonly cgroupRoot?: string
  /** `crun` or `runc`. Default: crun when it works, else runc. */
  readonly runtimeHandler?: string
  /** Default `/etc/cdi` and `/var/run/cdi`. */
  readonly cdiFolders?: readonly string[]
}

/**
 * The container runtime of this machine: crun or runc, conmon, overlayfs and pinned namespaces. What earlier processes
 * have left in the folders is adopted: running containers stay as they are. Needs root. Throws RuntimeError Unsupported
 * when neither crun nor runc can start a container.
 */
export async function openOciRuntime(options: OciRuntimeOptions): Promise<ContainerRuntime> {
  const layout = createLayout(options.dataDir, options.stateDir)
  for (const folder of [options.dataDir, options.stateDir]) mkdirSync(folder, { recursive: true, mode: 0o711 })
  const cgroups = detectCgroups(options.cgroupRoot)
  const probes = new Map<string, Promise<OciHandler>>()
  const probe = (name: string): Promise<OciHandler> => {
    if (!handlerNames.some((known) => known === name)) {
      throw new RuntimeError("NotFound", `no runtime for ${JSON.stringify(name)} is configured: use crun or runc`)
    }
    const running = probes.get(name) ?? probeHandler(name, options.platform.processes, cgroups, layout)
    probes.set(name, running)
    return running
  }
  const chosen = await chooseDefault(options.runtimeHandler, probe)
  const context: OciContext = {
    platform: options.platform,
    layout,
    images: options.images,
    network: options.network,
    cgroups,
    machine: readMachineFacts(cgroups),
    cdiFolders: options.cdiFolders ?? CDI_FOLDERS,
    locks: createKeyedLock(),
    events: createEventHub<RuntimeEvent>(),
    sandboxes: new Map(),
    containers: new Map(),
    handler: async (name) => probe(name === "" ? chosen.name : name),
  }
  await recover(context)
  const watcher = watchExits(context)
  // What ended between the look and the watch.
  for (const entry of context.containers.values()) noteExit(context, entry)
  return createRuntime(context, chosen, () => watcher.close())
}

async function chooseDefault(
  wanted: string | undefined,
  probe: (name: string) => Promise<OciHandler>,
): Promise<OciHandler> {
  if (wanted !== undefined && wanted !== "") return probe(wanted)
  const failures: string[] = []
  for (const name of handlerNames) {
    try {
      return await probe(name)
    } catch (error) {
      if (!isRuntimeError(error, "Unsupported")) throw error
      failures.push(error.message)
    }
  }
  throw new RuntimeError("Unsupported", `no OCI runtime works on this machine: ${failures.join("; ")}`)
}

/** The monitors write one file per ended container. */
function watchExits(context: OciContext): { close(): void } {
  const watcher = watch(context.layout.exits, { persistent: false }, (_, id) => {
    const container = context.containers.get(id ?? "")
    if (container !== undefined) noteExit(context, container)
    const sandbox = context.sandboxes.get(id ?? "")
    // The holder of a shared pid namespace has ended: the sandbox is not ready any more.
    if (sandbox !== undefined && sandbox.record.state === "ready") publishSandbox(context, sandbox)
  })
  watcher.on("error", (error) => context.platform.log.error("cannot watch container exits", { error }))
  return watcher
}

function createRuntime(context: OciContext, chosen: OciHandler, closeWatcher: () => void): ContainerRuntime {
  const containers = (filter: ContainerFilter = {}) =>
    [...context.containers.values()].filter((entry) => {
      noteLoss(context, entry)
      const { record, run } = entry
      if (filter.id !== undefined && record.id !== filter.id) return false
      if (filter.sandboxId !== undefined && record.sandboxId !== filter.sandboxId) return false
      if (filter.state !== undefined && run.state !== filter.state) return false
      return matchesLabels(record.config.labels, filter.labelSelector)
    })
  const sandboxes = (filter: PodSandboxFilter = {}) =>
    [...context.sandboxes.values()].filter((entry) => {
      if (filter.id !== undefined && entry.record.id !== filter.id) return false
      if (filter.state !== undefined && sandboxView(context, entry).state !== filter.state) return false
      return matchesLabels(entry.record.config.labels, filter.labelSelector)
    })
  return {
    runPodSandbox: (config, handler = "") => runPodSandbox(context, config, handler),
    stopPodSandbox: (id) => stopPodSandbox(context, id),
    removePodSandbox: (id) => removePodSandbox(context, id),
    podSandboxStatus: async (id) => sandboxStatusView(context, needSandbox(context, id)),
    listPodSandboxes: async (filter) => sandboxes(filter).map((entry) => sandboxView(context, entry)),
    createContainer: (sandbox, config) => createContainer(context, sandbox, config),
    startContainer: (id) => startContainer(context, id),
    stopContainer: (id, graceMs) => stopContainer(context, id, graceMs),
    removeContainer: (id) => removeContainer(context, id),
    listContainers: async (filter) => containers(filter).map(containerView),
    async containerStatus(id) {
      const entry = needContainer(context, id)
      noteLoss(context, entry)
      return containerStatusView(entry)
    },
    updateContainerResources: (id, resources) => updateResources(context, id, resources),
    reopenContainerLog: (id) => reopenContainerLog(context, id),
    execSync: (id, cmd, timeoutMs) => execSync(context, id, cmd, timeoutMs),
    exec: (id, request) => exec(context, id, request),
    attach: async (id, request) => attach(context, id, request),
    portForward: (id, port) => portForward(context, id, port),
    containerStats: async (id) => containerStats(context, needContainer(context, id)),
    listContainerStats: (filter) => Promise.all(containers(filter).map((entry) => containerStats(context, entry))),
    podSandboxStats: async (id) => podSandboxStats(context, id),
    events: (signal) => context.events.subscribe(signal, () => currentState(context)),
    status: () => status(context),
    // Our pod network is told the node's CIDR by its own configuration.
    updateRuntimeConfig: async () => undefined,
    runtimeConfig: async () => ({ cgroupDriver: "cgroupfs" }),
    version: async () => ({
      runtimeName: "gantry",
      runtimeVersion: `${chosen.name} ${chosen.version}`,
      runtimeApiVersion: "v1",
    }),
    async close() {
      closeWatcher()
      context.events.close()
    },
  }
}

function currentState(context: OciContext): RuntimeEvent[] {
  const sandboxes = [...context.sandboxes.values()]
  const containers = [...context.containers.values()]
  for (const entry of containers) noteLoss(context, entry)
  return [
    ...sandboxes.map((entry) => ({ type: "sandbox", sandbox: sandboxStatusView(context, entry) }) as const),
    ...containers.map(
      (entry) =>
        ({ type: "container", podUid: podUidOf(context, entry), container: containerStatusView(entry) }) as const,
    ),
  ]
}

async function status(context: OciContext): Promise<RuntimeStatus> {
  const network = await context.network.status()
  const features = { recursiveReadOnlyMounts: true, userNamespaces: hasUserNamespaces() }
  return {
    conditions: [
      { type: "RuntimeReady", status: true, reason: "", message: "" },
      { type: "NetworkReady", status: network.ready, reason: network.reason, message: network.message },
    ],
    handlers: ["", ...handlerNames].map((name) => ({ name, features })),
    features: { supplementalGroupsPolicy: true },
    warnings: machineWarnings(context.machine),
  }
}
