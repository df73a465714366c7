import type { Clock } from "../../platform/clock.ts"
import type { ContainerId } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import { createEventHub } from "../event-hub.ts"
import type { ContainerRuntime, RuntimeEvent, RuntimeStatus } from "../runtime.ts"
import type { SandboxId } from "../sandbox.ts"
import { createContainer, removeContainer, startContainer, stopContainer } from "./containers.ts"
import type { FakeCommands, FakePrograms } from "./program.ts"
import { createRecorder, type Recorder } from "./recorder.ts"
import { currentState, listContainers, podStats, readyStatus, statsOf } from "./reports.ts"
import { breakSandbox, listSandboxes, removeSandbox, runSandbox, stopSandbox } from "./sandboxes.ts"
import {
  changeContainer,
  containersOf,
  endContainer,
  type FakeEnd,
  type FakeState,
  needContainer,
  needRunning,
  needSandbox,
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

const FIRST_PID = 1000

export function createFakeRuntime(options: FakeRuntimeOptions): FakeRuntime {
  const events = createEventHub<RuntimeEvent>()
  const state: FakeState = { clock: options.clock, events, sandboxes: new Map(), containers: new Map() }
  const recorder = createRecorder(state)
  let made = 0
  const nextNumber = () => ++made
  let status: RuntimeStatus = readyStatus
  return {
    ...sandboxMethods(state, recorder, nextNumber),
    ...containerMethods(state, recorder, options, nextNumber),
    ...streamMethods(state, recorder, options),
    events: (signal) => events.subscribe(signal, () => currentState(state)),
    status: async () => status,
    updateRuntimeConfig: async () => undefined,
    runtimeConfig: async () => ({ cgroupDriver: "cgroupfs" }),
    version: async () => ({ runtimeName: "fake", runtimeVersion: "1", runtimeApiVersion: "v1" }),
    close: async () => events.close(),
    calls: recorder.calls,
    exit: (id, end) => endContainer(state, needContainer(state, id), end),
    breakSandbox: (id) => breakSandbox(state, id),
    failNext: recorder.failNext,
    setStatus(change) {
      status = { ...status, ...change }
    },
  }
}

type SandboxMethod =
  | "runPodSandbox"
  | "stopPodSandbox"
  | "removePodSandbox"
  | "podSandboxStatus"
  | "listPodSandboxes"
  | "podSandboxStats"

function sandboxMethods(
  state: FakeState,
  { record, podName }: Recorder,
  nextNumber: () => number,
): Pick<ContainerRuntime, SandboxMethod> {
  return {
    runPodSandbox: (config, handler = "") =>
      record("runPodSandbox", `${config.metadata.namespace}/${config.metadata.name}`, () => {
        const number = nextNumber()
        return runSandbox(state, config, handler, `sandbox-${number}` as SandboxId, `10.244.0.${1 + (number % 250)}`)
      }),
    stopPodSandbox: (id) => record("stopPodSandbox", podName(id), () => stopSandbox(state, id)),
    removePodSandbox: (id) => record("removePodSandbox", podName(id), () => removeSandbox(state, id)),
    podSandboxStatus: async (id) => needSandbox(state, id).status,
    listPodSandboxes: async (filter) => listSandboxes(state, filter),
    podSandboxStats: async (id) => podStats(state, id),
  }
}

type ContainerMethod =
  | "createContainer"
  | "startContainer"
  | "stopContainer"
  | "removeContainer"
  | "listContainers"
  | "containerStatus"
  | "updateContainerResources"
  | "reopenContainerLog"
  | "containerStats"
  | "listContainerStats"

function containerMethods(
  state: FakeState,
  { record, containerName }: Recorder,
  { programs = () => ({}), hasImage = () => true }: FakeRuntimeOptions,
  nextNumber: () => number,
): Pick<ContainerRuntime, ContainerMethod> {
  return {
    createContainer: (sandbox, config) =>
      record("createContainer", `${config.metadata.name}#${config.metadata.attempt}`, () => {
        needSandbox(state, sandbox)
        const { image } = config.image
        if (!hasImage(image)) {
          throw new RuntimeError("ImageMissing", `image ${image} is not on this machine: pull it first`)
        }
        return createContainer(state, sandbox, config, `container-${nextNumber()}` as ContainerId)
      }),
    startContainer: (id) =>
      record("startContainer", containerName(id), () => startContainer(state, id, programs, FIRST_PID + nextNumber())),
    stopContainer: (id, graceMs) =>
      record("stopContainer", `${containerName(id)} ${graceMs}`, () => stopContainer(state, id, graceMs)),
    removeContainer: (id) => record("removeContainer", containerName(id), () => removeContainer(state, id)),
    listContainers: async (filter) => listContainers(state, filter).map(({ status }) => status),
    containerStatus: async (id) => needContainer(state, id).status,
    updateContainerResources: (id, resources) =>
      record("updateContainerResources", containerName(id), () => {
        const container = needContainer(state, id)
        changeContainer(state, container, { resources: { ...container.status.resources, ...resources } })
      }),
    reopenContainerLog: (id) => record("reopenContainerLog", containerName(id), () => void needRunning(state, id)),
    containerStats: async (id) => statsOf(state, needContainer(state, id)),
    listContainerStats: async (filter) => listContainers(state, filter).map((container) => statsOf(state, container)),
  }
}

function streamMethods(
  state: FakeState,
  { record, containerName, podName }: Recorder,
  { clock, commands = () => ({}) }: FakeRuntimeOptions,
): Pick<ContainerRuntime, "execSync" | "exec" | "attach" | "portForward"> {
  return {
    execSync: (id, cmd, timeoutMs) =>
      record("execSync", `${containerName(id)} ${cmd.join(" ")}`, () =>
        execSync(clock, commands(needRunning(state, id).config, cmd), timeoutMs),
      ),
    exec: (id, request) =>
      record("exec", `${containerName(id)} ${request.cmd.join(" ")}`, () =>
        exec(clock, commands(needRunning(state, id).config, request.cmd), request),
      ),
    attach: (id, request) => record("attach", containerName(id), () => attach(needRunning(state, id), request)),
    portForward: (id, port) =>
      record("portForward", `${podName(id)} ${port}`, () => {
        needSandbox(state, id)
        return portForward(containersOf(state, id), port)
      }),
  }
}
