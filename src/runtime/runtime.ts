/**
 * The port to container runtimes, shaped after CRI v1 `runtime.v1.RuntimeService`
 * (https://github.com/kubernetes/cri-api). Implementations: `oci/`, `containerd/`, `fake/`; one suite for all: `conformance.ts`.
 */
import type { Duplex, Readable, Writable } from "node:stream"
import type {
  Container,
  ContainerConfig,
  ContainerFilter,
  ContainerId,
  ContainerStatus,
  LinuxContainerResources,
} from "./container.ts"
import type { PodSandbox, PodSandboxConfig, PodSandboxFilter, PodSandboxStatus, SandboxId } from "./sandbox.ts"
import type { ContainerStats, PodSandboxStats } from "./stats.ts"

export type * from "./container.ts"
export { isRuntimeError, RuntimeError, type RuntimeErrorCode } from "./errors.ts"
export type * from "./sandbox.ts"
export type * from "./stats.ts"

/**
 * What the kubelet needs from a container runtime. Every method may be retried, also after this process was killed in
 * the middle of it: `runPodSandbox` and `createContainer` return the existing object when one with the same metadata
 * (sandbox, name and attempt) exists. All errors are `RuntimeError`.
 */
export interface ContainerRuntime {
  /**
   * Creates the namespaces, the network and the folders of a pod. `runtimeHandler` as in RuntimeClass; empty: default.
   * A retry after a failure begins anew: nothing of a failed attempt is left.
   */
  runPodSandbox(config: PodSandboxConfig, runtimeHandler?: string): Promise<SandboxId>
  /** Kills the containers, tears the network down. Stopping what has stopped, or never was, succeeds. */
  stopPodSandbox(id: SandboxId): Promise<void>
  /** Stops it and removes it with its containers; nothing is left but the logs. Succeeds when it never was. */
  removePodSandbox(id: SandboxId): Promise<void>
  /** NotFound when there is none. */
  podSandboxStatus(id: SandboxId): Promise<PodSandboxStatus>
  listPodSandboxes(filter?: PodSandboxFilter): Promise<readonly PodSandbox[]>

  /** Prepares the root file system and the OCI bundle. ImageMissing when the image store lacks the image. */
  createContainer(sandbox: SandboxId, config: ContainerConfig): Promise<ContainerId>
  /**
   * Resolves once the container's program runs. When it cannot be started the container becomes EXITED (code 128,
   * reason `StartError` or `ContainerCannotRun`) and this rejects with RuntimeFailure, whose message is the OCI
   * runtime's. Starting a running container succeeds; FailedPrecondition when it has exited.
   */
  startContainer(id: ContainerId): Promise<void>
  /**
   * Sends the stop signal, then SIGKILL after `graceMs` (0: at once). Resolves when the container has exited and its
   * status says so. Stopping what has stopped, or never was, succeeds.
   */
  stopContainer(id: ContainerId, graceMs: number): Promise<void>
  /** Kills it when it runs; removes everything but its log. Succeeds when it never was. */
  removeContainer(id: ContainerId): Promise<void>
  listContainers(filter?: ContainerFilter): Promise<readonly Container[]>
  /** NotFound when there is none. */
  containerStatus(id: ContainerId): Promise<ContainerStatus>
  /** Changes the limits of a created or running container. Absent fields stay as they are. */
  updateContainerResources(id: ContainerId, resources: LinuxContainerResources): Promise<void>
  /** Call after the log file was renamed: output continues in a new file at the old path. */
  reopenContainerLog(id: ContainerId): Promise<void>

  /**
   * Runs a command to its end, without standard input. `timeoutMs` 0: no limit; when it passes the command is killed
   * and this rejects with DeadlineExceeded. Output beyond `EXEC_SYNC_OUTPUT_BYTES_MAX` per stream is dropped.
   */
  execSync(id: ContainerId, cmd: readonly string[], timeoutMs: number): Promise<ExecSyncResult>
  /** Starts a command in a running container. FailedPrecondition when it does not run. */
  exec(id: ContainerId, request: ExecRequest): Promise<ExecStream>
  /** Connects to the streams of the container's own first process. Closing this leaves the container alone. */
  attach(id: ContainerId, request: AttachRequest): Promise<AttachStream>
  /**
   * Opens a TCP connection to a port on the pod's loopback address. RuntimeFailure when nothing listens, be it at once or
   * as the end of the stream.
   */
  portForward(id: SandboxId, port: number): Promise<Duplex>

  containerStats(id: ContainerId): Promise<ContainerStats>
  listContainerStats(filter?: ContainerFilter): Promise<readonly ContainerStats[]>
  podSandboxStats(id: SandboxId): Promise<PodSandboxStats>

  /** Begins with one event per existing sandbox and container, so a restart misses nothing. Ends when aborted. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>

  status(): Promise<RuntimeStatus>
  /** Tells the runtime the node's pod CIDR, for networks that wait for it. */
  updateRuntimeConfig(config: { readonly podCidrs: readonly string[] }): Promise<void>
  runtimeConfig(): Promise<RuntimeConfig>
  version(): Promise<RuntimeVersion>
  /** Lets go of watches and helpers of this process. Containers go on. */
  close(): Promise<void>
}

/** What `execSync` keeps of each stream, as containerd and CRI-O do. */
export const EXEC_SYNC_OUTPUT_BYTES_MAX = 16 * 1024 * 1024

export interface ExecSyncResult {
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  /** 128 + signal number when a signal ended it. */
  readonly exitCode: number
}

export interface ExecRequest {
  readonly cmd: readonly string[]
  /** A terminal merges stderr into stdout, so `stderr` must be false. */
  readonly tty: boolean
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
}

/** `tty` must be what the container was created with. */
export type AttachRequest = Omit<ExecRequest, "cmd">

/** Streams that were not asked for are null. The caller ends `stdin` and consumes `stdout` and `stderr`. */
export interface AttachStream {
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  /** Columns and rows. Does nothing without a terminal. */
  resize(width: number, height: number): void
  /** Ends the streams; an exec'd command is also killed, unless CRI, which has no word for it, is between. */
  kill(): void
}

export interface ExecStream extends AttachStream {
  /**
   * The exit code (128 + signal number when a signal ended it), once the command has ended. Output may still be
   * buffered in the streams then. Rejects with RuntimeFailure when the command could not be run.
   */
  readonly exited: Promise<number>
}

/** Carries the state after the change, so that a listener need not ask again. */
export type RuntimeEvent =
  | { readonly type: "sandbox"; readonly sandbox: PodSandboxStatus }
  | { readonly type: "sandbox-removed"; readonly id: SandboxId; readonly podUid: string }
  | { readonly type: "container"; readonly podUid: string; readonly container: ContainerStatus }
  | {
      readonly type: "container-removed"
      readonly id: ContainerId
      readonly sandboxId: SandboxId
      readonly podUid: string
    }

export interface RuntimeCondition {
  readonly type: "RuntimeReady" | "NetworkReady"
  readonly status: boolean
  /** CamelCase word; empty when `status` is true. */
  readonly reason: string
  readonly message: string
}

export interface RuntimeHandler {
  /** As RuntimeClass `handler`; empty: the default. */
  readonly name: string
  readonly features: { readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean }
}

export interface RuntimeStatus {
  readonly conditions: readonly RuntimeCondition[]
  readonly handlers: readonly RuntimeHandler[]
  readonly features: { readonly supplementalGroupsPolicy: boolean }
  /** What this machine lacks and what that costs, for `gantry doctor`. */
  readonly warnings: readonly string[]
}

export interface RuntimeConfig {
  /** The kubelet must name cgroups the same way. */
  readonly cgroupDriver: "cgroupfs" | "systemd"
}

export interface RuntimeVersion {
  readonly runtimeName: string
  readonly runtimeVersion: string
  readonly runtimeApiVersion: "v1"
}
