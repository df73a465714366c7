import type { Pod } from "../../../api/core/v1/pod.ts"
import type { PodSpec } from "../../../api/core/v1/pod-spec.ts"

/** What a check says about a pod that it forbids. */
export interface Finding {
  /** In few words: `host namespaces`. */
  readonly reason: string
  /** Who, and what: `hostNetwork=true`. */
  readonly detail: string
}

export interface Subject {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: PodSpec
}

export type CheckPod = (subject: Subject) => Finding | undefined

/** One rule of the Pod Security Standards. */
export interface Check {
  /** Findings are told in the order of these names. */
  readonly id: string
  readonly level: "baseline" | "restricted"
  /** How the rule reads from a minor version on, oldest first. */
  readonly since: readonly (readonly [minor: number, check: CheckPod])[]
  /** The baseline check that this one makes needless where both hold. */
  readonly replaces?: string
}

export type Container = Pick<PodSpec["containers"][number], "name" | "securityContext" | "ports"> &
  Pick<PodSpec["containers"][number], "livenessProbe" | "readinessProbe" | "startupProbe" | "lifecycle">

/** Every container of a pod, in the order in which they are named in findings. */
export function containersOf({ initContainers, containers, ephemeralContainers }: PodSpec): readonly Container[] {
  return [...(initContainers ?? []), ...containers, ...(ephemeralContainers ?? [])]
}

export function namesWhere(spec: PodSpec, isBad: (container: Container) => boolean): readonly string[] {
  return containersOf(spec)
    .filter(isBad)
    .map(({ name }) => name)
}

/** `"a", "b"` */
export const quoted = (items: readonly string[]): string => items.map((item) => `"${item}"`).join(", ")

export const plural = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many)

/** `container "a"`, `containers "a", "b"` */
export const containerList = (names: readonly string[]): string =>
  `${plural(names.length, "container")} ${quoted(names)}`

/** Who set something: `pod and container "a"`. */
export function setters(pod: boolean, containers: readonly string[], more: readonly string[] = []): string {
  return [...(pod ? ["pod"] : []), ...(containers.length > 0 ? [containerList(containers)] : []), ...more].join(" and ")
}

export const sortedSet = (items: Iterable<string>): readonly string[] => [...new Set(items)].sort()

/** Pods with users of their own cannot harm the host's, so some rules do not bind them. */
export const unlessOwnUsers =
  (check: CheckPod): CheckPod =>
  (subject) =>
    subject.spec.hostUsers === false ? undefined : check(subject)

/** Windows has no such thing, and its pods may not set it. */
export const unlessWindows =
  (check: CheckPod): CheckPod =>
  (subject) =>
    subject.spec.os?.name === "windows" ? undefined : check(subject)

/** What is checked of a pod, or of a template that has not become one. */
export function subjectOf(metadata: Pod["metadata"] | undefined | object, spec: PodSpec): Subject {
  const { annotations } = (metadata ?? {}) as { readonly annotations?: Readonly<Record<string, string>> }
  return { annotations: annotations ?? {}, spec }
}
