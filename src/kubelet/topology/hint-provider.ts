import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { NumaMask } from "./numa-mask.ts"

/** A set of NUMA nodes that an allocation could come from. */
export interface TopologyHint {
  /** Absent: wherever. */
  readonly affinity: NumaMask | undefined
  /** No allocation of the same amount could do with fewer nodes. */
  readonly preferred: boolean
}

/** By resource. Undefined: it may come from wherever. An empty list: it cannot be had. */
export type TopologyHints = ReadonlyMap<string, readonly TopologyHint[] | undefined>

/**
 * Who hands out something that is near some NUMA nodes and far from others: CPUs, memory, devices. Asked while a pod is
 * admitted: first every provider for its hints, then, with what they have in common, to allocate. All of it happens in
 * one turn, so that no two pods are admitted on the same facts; what takes calls to others (such as a plugin's Allocate)
 * comes after it and before the pod's sandbox.
 *
 * A container that has its allocation already, as after a restart of the agent, gets a hint of just that, and keeps it.
 * https://kubernetes.io/docs/tasks/administer-cluster/topology-manager/
 */
export interface HintProvider {
  /** Of one container, with the scope `container`. An empty map: it needs nothing of this provider. */
  hints(pod: Pod, container: Container): TopologyHints
  /** Of a pod as a whole, with the scope `pod`. */
  podHints(pod: Pod): TopologyHints
  /**
   * Sets aside what a container asks for, near `hint` where that can be. Called for each container, init containers
   * first. `hint.affinity` is undefined when there is no policy, or anything will do. Throws an `AllocationError` when
   * it cannot be had; then everything of the pod is released.
   */
  allocate(pod: Pod, container: Container, hint: TopologyHint): void
  /**
   * Nothing of the pod runs or will run: gives back what it had. May be repeated, and for pods that had nothing. Never
   * throws.
   */
  release(podUid: string): void
}

/** Why a pod cannot have what it asks for. `reason`: as its status names it, when it is none of the unexpected ones. */
export class AllocationError extends Error {
  readonly reason: string | undefined

  constructor(message: string, reason?: string) {
    super(message)
    this.name = "AllocationError"
    this.reason = reason
  }
}

/** The hint of a node without a policy. */
export const anywhere: TopologyHint = { affinity: undefined, preferred: false }
