import type { Clock } from "../../platform/clock.ts"
import type { ContainerFilter, ContainerId } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import { createEventHub } from "../event-hub.ts"
import { matchesLabels } from "../labels.ts"
import type { ContainerRuntime, RuntimeEvent, RuntimeStatus } from "../runtime.ts"
import type { PodSandboxConfig, PodSandboxFilter, SandboxId } from "../sandbox.ts"
import type { ContainerStats } from "../stats.ts"
import { createContainer, removeContainer, startContainer, stopContainer } from "./containers.ts"
import type { FakeCommands, FakePrograms } from "./program.ts"
import {
  changeContainer,
  changeSandbox,
  containersOf,
  endContainer,
  type FakeContainer,
  type FakeEnd,
  type FakeState,
  needContainer,
  needRunning,
  needSandbox,
  nowNs,
  podUidOf,
} from "./state.ts"
import { attach, exec, execSync, portForward } from "./streams.ts"

export type { FakeCommand, FakeCommands, FakeProgram, FakePrograms } from "./program.ts"
export type { FakeEnd } from "./state.ts"

export interface FakeRuntimeOptions {
  /** A simulated clock makes every exit happen when the test says so. */
  readonly clock: Clock
  /** Default: every container runs until it is stopped. */
  readonly programs?: FakePrograms
  /** Default: every command succeeds without output. */
  readonly commands?: FakeCommands
  /** Whether an image is on the machine. Default: all are. */
  readonly hasImage?: (image: string) => boolean
}

/** A container runtime in memory, for tests of what stands on the port. Nothing runs; time is the given clock's. */
export interface FakeRuntime extends ContainerRuntime {
  /** The calls that change something, oldest first: `createContainer web#1`, `stopPodSandbox default/web`. */
  readonly calls: readonly string[]
  /** The container's program ends now. */
  exit(id: ContainerId, end: FakeEnd): void
  /** The sandbox is no longer ready and its containers are gone, as after a restart of the machine. */
  breakSandbox(id: SandboxId): void
  /** The next call of `method` rejects with `error`, and does nothing. May be repeated for the call after it. */
  failNext(method: keyof ContainerRuntime, error: RuntimeError): void
  setStatus(status: Partial<RuntimeStatus>): void
}

const EXIT_CODE_UNKNOWN = 255
const FIRST_PID = 1000

export function createFakeRuntime(options: FakeRuntimeOptions): FakeRuntime {
  const { clock, programs = () => ({}), commands = () => ({}), hasImage = () => true } = options
  const state: FakeState = {
    clock,
    events: createEventHub<RuntimeEvent>(),
    sandboxes: new Map(),
    containers: new Map(),
  }
  const calls: string[] = []
  const failures = new Map<keyof ContainerRuntime, RuntimeError[]>()
  let created = 0
  let status: RuntimeStatus = readyStatus
  /** Notes the call, and rejects when the test wants it to. */
  const call = async <T>(method: keyof ContainerRuntime, subject: string, work: () => T | Promise<T>): Promise<T> => {
    calls.push(`${method} ${subject}`)
    const failure = failures.get(method)?.shift()
    if (failure !== undefined) throw failure
    return work()
  }
  const named = (id: ContainerId) => {
    const metadata = state.containers.get(id)?.config.metadata
    return metadata === undefined ? id : `${metadata.name}#${metadata.attempt}`
  }
  const podNamed = (id: SandboxId) => {
    const metadata = state.sandboxes.get(id)?.config.metadata
    return metadata === undefined ? id : `${metadata.namespace}/${metadata.name}`
  }
  const removeSandbox = (id: SandboxId) => {
    const sandbox = state.sandboxes.get(id)
    if (sandbox === undefined) return
    stopSandbox(state, id)
    for (const { status: container } of containersOf(state, id)) removeContainer(state, container.id)
    state.sandboxes.delete(id)
    state.events.publish({ type: "sandbox-removed", id, podUid: sandbox.config.metadata.uid })
  }
  const run = (config: PodSandboxConfig, handler: string) => {
    const id = `sandbox-${++created}` as SandboxId
    return runSandbox(state, config, handler, id, `10.244.0.${created % 250}`)
  }
  return {
    runPodSandbox: (config, handler = "") =>
      call("runPodSandbox", `${config.metadata.namespace}/${config.metadata.name}`, () => run(config, handler)),
    stopPodSandbox: (id) => call("stopPodSandbox", podNamed(id), () => stopSandbox(state, id)),
    removePodSandbox: (id) => call("removePodSandbox", podNamed(id), () => removeSandbox(id)),
    podSandboxStatus: async (id) => needSandbox(state, id).status,
    listPodSandboxes: async (filter) => listSandboxes(state, filter),
    createContainer: (sandbox, config) =>
      call("createContainer", `${config.metadata.name}#${config.metadata.attempt}`, () => {
        needSandbox(state, sandbox)
        const { image } = config.image
        if (!hasImage(image))
          throw new RuntimeError("ImageMissing", `image ${image} is not on this machine: pull it first`)
        return createContainer(state, sandbox, config, `container-${++created}` as ContainerId)
      }),
    startContainer: (id) =>
      call("startContainer", named(id), () => startContainer(state, id, programs, FIRST_PID + ++created)),
    stopContainer: (id, graceMs) =>
      call("stopContainer", `${named(id)} ${graceMs}`, () => stopContainer(state, id, graceMs)),
    removeContainer: (id) => call("removeContainer", named(id), () => removeContainer(state, id)),
    listContainers: async (filter) => listContainers(state, filter).map((container) => container.status),
    containerStatus: async (id) => needContainer(state, id).status,
    updateContainerResources: (id, resources) =>
      call("updateContainerResources", named(id), () => {
        const container = needContainer(state, id)
        changeContainer(state, container, { resources: { ...container.status.resources, ...resources } })
      }),
    reopenContainerLog: (id) => call("reopenContainerLog", named(id), () => void needRunning(state, id)),
    execSync: (id, cmd, timeoutMs) =>
      call("execSync", `${named(id)} ${cmd.join(" ")}`, () => {
        const { config } = needRunning(state, id)
        return execSync(clock, commands(config, cmd), timeoutMs)
      }),
    exec: (id, request) =>
      call("exec", `${named(id)} ${request.cmd.join(" ")}`, () => {
        const { config } = needRunning(state, id)
        return exec(clock, commands(config, request.cmd), request)
      }),
    attach: (id, request) => call("attach", named(id), () => attach(needRunning(state, id), request)),
    portForward: (id, port) =>
      call("portForward", `${podNamed(id)} ${port}`, () => {
        needSandbox(state, id)
        return portForward(containersOf(state, id), port)
      }),
    containerStats: async (id) => statsOf(state, needContainer(state, id)),
    listContainerStats: async (filter) => listContainers(state, filter).map((container) => statsOf(state, container)),
    podSandboxStats: async (id) => {
      const { config } = needSandbox(state, id)
      const containers = containersOf(state, id).map((container) => statsOf(state, container))
      return {
        id,
        metadata: config.metadata,
        labels: config.labels,
        annotations: config.annotations,
        network: [],
        containers,
      }
    },
    events: (signal) => state.events.subscribe(signal, () => currentState(state)),
    status: async () => status,
    updateRuntimeConfig: async () => undefined,
    runtimeConfig: async () => ({ cgroupDriver: "cgroupfs" }),
    version: async () => ({ runtimeName: "fake", runtimeVersion: "1", runtimeApiVersion: "v1" }),
    close: async () => state.events.close(),
    calls,
    exit: (id, end) => endContainer(state, needContainer(state, id), end),
    breakSandbox: (id) => breakSandbox(state, id),
    failNext: (method, error) => void failures.set(method, [...(failures.get(method) ?? []), error]),
    setStatus: (change) => void (status = { ...status, ...change }),
  }
}

const features = { recursiveReadOnlyMounts: true, userNamespaces: false }
const readyStatus: RuntimeStatus = {
  conditions: [
    { type: "RuntimeReady", status: true, reason: "", message: "" },
    { type: "NetworkReady", status: true, reason: "", message: "" },
  ],
  handlers: [{ name: "", features }],
  features: { supplementalGroupsPolicy: true },
  warnings: [],
}

function runSandbox(
  state: FakeState,
  config: PodSandboxConfig,
  runtimeHandler: string,
  id: SandboxId,
  address: string,
): SandboxId {
  const { metadata } = config
  const same = [...state.sandboxes.values()].find(
    ({ config: { metadata: other } }) => other.uid === metadata.uid && other.attempt === metadata.attempt,
  )
  if (same?.status.state === "READY") return same.status.id
  if (same !== undefined) {
    throw new RuntimeError(
      "AlreadyExists",
      `pod sandbox ${same.status.id} has stopped: use attempt ${metadata.attempt + 1}`,
    )
  }
  const { namespaceOptions } = config.linux.securityContext
  const ownNetwork = namespaceOptions.network === "POD"
  const sandbox = {
    config,
    status: {
      id,
      metadata,
      state: "READY",
      createdAtNs: nowNs(state.clock),
      labels: config.labels,
      annotations: config.annotations,
      runtimeHandler,
      ips: ownNetwork ? [address] : [],
      namespaceOptions,
      netnsPath: ownNetwork ? `/run/fake/${id}` : "",
    },
  } as const
  state.sandboxes.set(id, sandbox)
  changeSandbox(state, sandbox, {})
  return id
}

function stopSandbox(state: FakeState, id: SandboxId): void {
  const sandbox = state.sandboxes.get(id)
  if (sandbox === undefined) return
  for (const container of containersOf(state, id)) endContainer(state, container, { exitCode: 137 })
  if (sandbox.status.state === "READY") changeSandbox(state, sandbox, { state: "NOTREADY" })
}

function breakSandbox(state: FakeState, id: SandboxId): void {
  const message = "the exit code is unknown: the machine restarted"
  for (const container of containersOf(state, id)) {
    endContainer(state, container, { exitCode: EXIT_CODE_UNKNOWN, reason: "Error", message })
  }
  changeSandbox(state, needSandbox(state, id), { state: "NOTREADY" })
}

function listSandboxes(state: FakeState, filter: PodSandboxFilter = {}) {
  return [...state.sandboxes.values()].flatMap(({ status }) => {
    if (filter.id !== undefined && status.id !== filter.id) return []
    if (filter.state !== undefined && status.state !== filter.state) return []
    return matchesLabels(status.labels, filter.labelSelector) ? [status] : []
  })
}

function listContainers(state: FakeState, filter: ContainerFilter = {}): FakeContainer[] {
  return [...state.containers.values()].filter(({ status }) => {
    if (filter.id !== undefined && status.id !== filter.id) return false
    if (filter.sandboxId !== undefined && status.sandboxId !== filter.sandboxId) return false
    if (filter.state !== undefined && status.state !== filter.state) return false
    return matchesLabels(status.labels, filter.labelSelector)
  })
}

function statsOf(state: FakeState, { status }: FakeContainer): ContainerStats {
  const timestampNs = nowNs(state.clock)
  const { id, sandboxId, metadata, labels, annotations } = status
  const writableLayer = { timestampNs, mountpoint: "/", usedBytes: 0, inodesUsed: 1 }
  if (status.state !== "RUNNING") return { id, sandboxId, metadata, labels, annotations, writableLayer }
  const memory = { timestampNs, workingSetBytes: 1, usageBytes: 1, rssBytes: 1, pageFaults: 0, majorPageFaults: 0 }
  const cpu = { timestampNs, usageCoreNs: 0n }
  return { id, sandboxId, metadata, labels, annotations, cpu, memory, pids: 1, writableLayer }
}

function currentState(state: FakeState): RuntimeEvent[] {
  return [
    ...[...state.sandboxes.values()].map(({ status }) => ({ type: "sandbox", sandbox: status }) as const),
    ...[...state.containers.values()].map(
      (entry) => ({ type: "container", podUid: podUidOf(state, entry), container: entry.status }) as const,
    ),
  ]
}
