import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"

/**
 * What a container is for in its pod. `sidecar`: an init container with restartPolicy Always, which goes on running
 * beside the regular ones. https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
 */
export type ContainerKind = "init" | "sidecar" | "regular" | "ephemeral"

/** A container of a pod's specification, with where it stands. */
export interface PodContainer {
  readonly kind: ContainerKind
  readonly spec: Container
  /** The part of the pod that events about it name, such as `spec.containers{web}`. */
  readonly fieldPath: string
  /** Ephemeral containers only: whose process namespace is joined. */
  readonly targetName?: string
}

/** Init containers (sidecars among them) in the order they start. */
export function initContainers(pod: Pod): PodContainer[] {
  return (pod.spec.initContainers ?? []).map((spec) => ({
    kind: spec.restartPolicy === "Always" ? "sidecar" : "init",
    spec,
    fieldPath: `spec.initContainers{${spec.name}}`,
  }))
}

export function regularContainers(pod: Pod): PodContainer[] {
  return pod.spec.containers.map((spec) => ({ kind: "regular", spec, fieldPath: `spec.containers{${spec.name}}` }))
}

export function ephemeralContainers(pod: Pod): PodContainer[] {
  return (pod.spec.ephemeralContainers ?? []).map(({ targetContainerName, ...spec }) => ({
    kind: "ephemeral",
    spec,
    fieldPath: `spec.ephemeralContainers{${spec.name}}`,
    ...(targetContainerName ? { targetName: targetContainerName } : {}),
  }))
}

export function allContainers(pod: Pod): PodContainer[] {
  return [...initContainers(pod), ...regularContainers(pod), ...ephemeralContainers(pod)]
}

export function findContainer(pod: Pod, name: string): PodContainer | undefined {
  return allContainers(pod).find(({ spec }) => spec.name === name)
}

/** How Kubernetes names a pod in messages: `web-1_default(0b9c…)`. */
export function describePod(pod: Pod): string {
  const { name, namespace, uid } = pod.metadata
  return `${name}_${namespace}(${uid})`
}
