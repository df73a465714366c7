import type { Clock, Timer } from "../../platform/clock.ts"
import type { ContainerConfig, ContainerId, ContainerStatus, ExitReason } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import type { EventHub } from "../event-hub.ts"
import type { RuntimeEvent } from "../runtime.ts"
import type { PodSandboxConfig, PodSandboxStatus, SandboxId } from "../sandbox.ts"
import type { FakeProgram } from "./program.ts"

export interface FakeSandbox {
  readonly config: PodSandboxConfig
  status: PodSandboxStatus
}

export interface FakeContainer {
  readonly config: ContainerConfig
  status: ContainerStatus
  program: FakeProgram
  readonly exited: PromiseWithResolvers<void>
  /** Its own end, or the one after a stop signal. */
  timer: Timer | null
}

/** What exists, and how it changes: every change is an event. */
export interface FakeState {
  readonly clock: Clock
  readonly events: EventHub<RuntimeEvent>
  readonly sandboxes: Map<SandboxId, FakeSandbox>
  readonly containers: Map<ContainerId, FakeContainer>
}

export function nowNs(clock: Clock): bigint {
  return BigInt(Math.round(clock.nowMs() * 1000)) * 1000n
}

export function needSandbox(state: FakeState, id: SandboxId): FakeSandbox {
  const sandbox = state.sandboxes.get(id)
  if (sandbox === undefined) throw new RuntimeError("NotFound", `pod sandbox ${id} not found`)
  return sandbox
}

export function needContainer(state: FakeState, id: ContainerId): FakeContainer {
  const container = state.containers.get(id)
  if (container === undefined) throw new RuntimeError("NotFound", `container ${id} not found`)
  return container
}

export function needRunning(state: FakeState, id: ContainerId): FakeContainer {
  const container = needContainer(state, id)
  if (container.status.state === "RUNNING") return container
  throw new RuntimeError("FailedPrecondition", `container ${id} is not running (state ${container.status.state})`)
}

export function containersOf(state: FakeState, id: SandboxId): FakeContainer[] {
  return [...state.containers.values()].filter(({ status }) => status.sandboxId === id)
}

export function changeSandbox(state: FakeState, sandbox: FakeSandbox, change: Partial<PodSandboxStatus>): void {
  sandbox.status = { ...sandbox.status, ...change }
  state.events.publish({ type: "sandbox", sandbox: sandbox.status })
}

export function changeContainer(state: FakeState, container: FakeContainer, change: Partial<ContainerStatus>): void {
  container.status = { ...container.status, ...change }
  const podUid = podUidOf(state, container)
  state.events.publish({ type: "container", podUid, container: container.status })
}

export function podUidOf(state: FakeState, { status }: FakeContainer): string {
  return state.sandboxes.get(status.sandboxId)?.config.metadata.uid ?? ""
}

export interface FakeEnd {
  readonly exitCode: number
  readonly reason?: ExitReason
  readonly message?: string
}

/** The container's program has ended. Does nothing when it had before. */
export function endContainer(state: FakeState, container: FakeContainer, end: FakeEnd): void {
  if (container.status.state === "EXITED") return
  container.timer?.cancel()
  changeContainer(state, container, {
    state: "EXITED",
    pid: 0,
    exitCode: end.exitCode,
    reason: end.reason ?? (end.exitCode === 0 ? "Completed" : "Error"),
    message: end.message ?? "",
    finishedAtNs: nowNs(state.clock),
  })
  container.exited.resolve()
}
