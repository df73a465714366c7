import type { ContainerConfig, ContainerId } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import type { SandboxId } from "../sandbox.ts"
import type { FakePrograms } from "./program.ts"
import {
  changeContainer,
  containersOf,
  endContainer,
  type FakeContainer,
  type FakeState,
  needContainer,
  needSandbox,
  nowNs,
  podUidOf,
} from "./state.ts"

const SIGKILL = 9
const signalNumbers: ReadonlyMap<string, number> = new Map([
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGQUIT", 3],
  ["SIGKILL", SIGKILL],
  ["SIGUSR1", 10],
  ["SIGUSR2", 12],
  ["SIGTERM", 15],
])
const SIGTERM = 15
const EXIT_CODE_START_FAILED = 128

export function createContainer(
  state: FakeState,
  sandboxId: SandboxId,
  config: ContainerConfig,
  id: ContainerId,
): ContainerId {
  const sandbox = needSandbox(state, sandboxId)
  const { name, attempt } = config.metadata
  const same = containersOf(state, sandboxId).find(
    ({ config: { metadata } }) => metadata.name === name && metadata.attempt === attempt,
  )
  if (same !== undefined) return same.status.id
  if (sandbox.status.state !== "READY") {
    throw new RuntimeError("FailedPrecondition", `pod sandbox ${sandboxId} is not ready: run a new one`)
  }
  const imageId = `sha256:${Buffer.from(config.image.image).toString("hex").padEnd(64, "0").slice(0, 64)}`
  const { runAsUser, runAsGroup, supplementalGroups } = config.linux.securityContext
  const container: FakeContainer = {
    config,
    program: {},
    exited: Promise.withResolvers(),
    timer: null,
    status: {
      id,
      sandboxId,
      metadata: config.metadata,
      image: config.image,
      imageRef: imageId,
      imageId,
      state: "CREATED",
      createdAtNs: nowNs(state.clock),
      startedAtNs: 0n,
      finishedAtNs: 0n,
      labels: config.labels,
      annotations: config.annotations,
      exitCode: 0,
      reason: "",
      message: "",
      logPath: config.logPath === "" ? "" : `${sandbox.config.logDirectory}/${config.logPath}`,
      mounts: config.mounts,
      resources: config.linux.resources,
      user: { uid: runAsUser ?? 0, gid: runAsGroup ?? 0, supplementalGroups },
      pid: 0,
      warnings: [],
      stopSignal: config.stopSignal ?? "SIGTERM",
    },
  }
  state.containers.set(id, container)
  changeContainer(state, container, {})
  return id
}

export function startContainer(state: FakeState, id: ContainerId, programs: FakePrograms, pid: number): void {
  const container = needContainer(state, id)
  if (container.status.state === "RUNNING") return
  if (container.status.state === "EXITED") {
    throw new RuntimeError("FailedPrecondition", `container ${id} has exited: create a new one`)
  }
  const program = programs(container.config)
  container.program = program
  if (program.startError !== undefined) {
    const message = `failed to start container: ${program.startError}`
    endContainer(state, container, { exitCode: EXIT_CODE_START_FAILED, reason: "StartError", message })
    throw new RuntimeError("RuntimeFailure", message)
  }
  changeContainer(state, container, { state: "RUNNING", pid, startedAtNs: nowNs(state.clock) })
  if (program.runMs === undefined) return
  const end = {
    exitCode: program.exitCode ?? 0,
    ...(program.reason === undefined ? {} : { reason: program.reason }),
  }
  container.timer = state.clock.after(program.runMs, () => endContainer(state, container, end))
}

export async function stopContainer(state: FakeState, id: ContainerId, graceMs: number): Promise<void> {
  const container = state.containers.get(id)
  if (container === undefined || container.status.state === "EXITED") return
  const killed = { exitCode: 128 + SIGKILL }
  if (container.status.state === "CREATED" || graceMs <= 0) return endContainer(state, container, killed)
  const { stopMs = 0, stopCode } = container.program
  const signal = signalNumbers.get(container.status.stopSignal) ?? SIGTERM
  if (stopMs !== "never" && stopMs <= graceMs) {
    after(state, stopMs, () => endContainer(state, container, { exitCode: stopCode ?? 128 + signal }))
  } else {
    after(state, graceMs, () => endContainer(state, container, killed))
  }
  await container.exited.promise
}

function after(state: FakeState, delayMs: number, act: () => void): void {
  if (delayMs === 0) act()
  else state.clock.after(delayMs, act)
}

export function removeContainer(state: FakeState, id: ContainerId): void {
  const container = state.containers.get(id)
  if (container === undefined) return
  if (container.status.state === "RUNNING") endContainer(state, container, { exitCode: 128 + SIGKILL })
  container.timer?.cancel()
  const { sandboxId } = container.status
  const podUid = podUidOf(state, container)
  state.containers.delete(id)
  state.events.publish({ type: "container-removed", id, sandboxId, podUid })
}
