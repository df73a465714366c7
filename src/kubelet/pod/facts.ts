import type { Pod } from "../../api/core/v1/pod.ts"
import type { ContainerId, ContainerStatus, PodSandboxStatus } from "../../runtime/runtime.ts"
import type { ImageUser } from "../config/security.ts"

/** What the runtime holds of one pod. */
export interface PodRuntime {
  /** Newest first. */
  readonly sandboxes: readonly PodSandboxStatus[]
  /** The instances of each container, newest first. */
  readonly containers: readonly ContainerStatus[]
}

export type ProbeResult = "unknown" | "success" | "failure"

/** What probes have found out about one running container. Without a probe of a type its result is `success`. */
export interface ProbeFacts {
  readonly startup: ProbeResult
  readonly readiness: ProbeResult
  readonly liveness: ProbeResult
}

/** What is known about the image of a container that is to start. */
export type ImageFact =
  | { readonly state: "checking" | "pulling" }
  | { readonly state: "present"; readonly imageId: string; readonly user: ImageUser }
  | {
      readonly state: "failed"
      /** `ErrImagePull`, `ErrImageNeverPull`, `InvalidImageName`, … */
      readonly reason: string
      readonly message: string
      /** Monotonic, as all times that this agent notes. */
      readonly failedAtMs: number
      /** When to try again. */
      readonly retryAtMs: number
    }

/** Why a container, a sandbox or the volumes could not be made ready, and when to try again. */
export interface Failure {
  /** `CreateContainerError`, `CreateContainerConfigError`, `RunContainerError`, `PostStartHookError`, … */
  readonly reason: string
  readonly message: string
  readonly retryAtMs: number
  /** The pause before that, where it grows. */
  readonly pauseMs?: number
}

/** Everything that the next step of a pod depends on. */
export interface PodFacts {
  readonly pod: Pod
  readonly runtime: PodRuntime
  readonly volumesMounted: boolean
  /** By the keys of `wanted-images.ts`. */
  readonly images: ReadonlyMap<string, ImageFact>
  readonly probes: ReadonlyMap<ContainerId, ProbeFacts>
  /** Requests and limits that were applied to running containers since they were made. */
  readonly actuated: ReadonlyMap<ContainerId, string>
  /** Operations that are under way, by `operationKey`. */
  readonly busy: ReadonlySet<string>
  /** By container name, or `sandbox` and `volumes` in angle brackets. */
  readonly failures: ReadonlyMap<string, Failure>
  /** Wall time, in which others date what they tell. */
  readonly nowMs: number
  /** What this agent itself has noted is counted in this time, which no step of the clock changes. */
  readonly monotonicMs: number
  /** Failing containers wait no longer than this before they start again. Default: Kubernetes'. */
  readonly restartPauseMaxMs?: number
}

/** Keys of `PodFacts.failures` that are not container names. */
export const sandboxFailure = "<sandbox>"
export const volumesFailure = "<volumes>"

/** The newest instance of a container, as the runtime has it. */
export function newest(runtime: PodRuntime, name: string): ContainerStatus | undefined {
  return runtime.containers.find(({ metadata }) => metadata.name === name)
}

/** The sandbox that the pod's containers run in, when it is ready. */
export function readySandbox(runtime: PodRuntime): PodSandboxStatus | undefined {
  const [sandbox] = runtime.sandboxes
  return sandbox?.state === "READY" ? sandbox : undefined
}

export function finishedAtMs(status: ContainerStatus): number {
  return Number(status.finishedAtNs / 1_000_000n)
}

export function createdAtMs(status: ContainerStatus): number {
  return Number(status.createdAtNs / 1_000_000n)
}
