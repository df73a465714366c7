import type { Pod } from "../api/core/v1/pod.ts"
import type { ContainerId, ContainerState, SandboxId } from "../runtime/runtime.ts"

/**
 * What the kubelet's HTTP server may ask about the pods of this node. Read-only; every answer is what the kubelet knows
 * now, without a call to the API server or the runtime.
 */
export interface PodAccess {
  /** Every pod bound to this node, with its current status (which may be newer than what the API server has). */
  pods(): readonly Pod[]
  /** By name. With a uid only when that matches too. */
  find(namespace: string, name: string, uid?: string): Pod | undefined
  byUid(uid: string): Pod | undefined
  /** The pod's current sandbox; undefined when it has none that is ready. */
  sandboxId(podUid: string): SandboxId | undefined
  /** Instances of a container (regular, init or ephemeral) of a pod that exist in the runtime. */
  container(podUid: string, name: string): ContainerInstances | undefined
}

/** At least one is present. */
export interface ContainerInstances {
  /** The newest instance, running or not. */
  readonly current?: ContainerInstance
  /** The newest of the ended ones before `current`: what `kubectl logs --previous` shows. */
  readonly previous?: ContainerInstance
}

export interface ContainerInstance {
  readonly id: ContainerId
  readonly state: ContainerState
  /** Absolute path of the log in CRI format; rotated ones stand beside it as `<path>.<timestamp>[.gz]`. */
  readonly logPath: string
  /** Counts restarts, from 0. */
  readonly attempt: number
}
