import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { ContainerId, ContainerStatus } from "../../runtime/runtime.ts"
import { initContainers, type PodContainer, regularContainers } from "./containers.ts"
import { newest, type PodFacts } from "./facts.ts"

/** The requests and limits that a container was made with. */
export const resourcesAnnotation = "gantry.dev/resources"

type Amounts = Readonly<Record<string, string>>

export function resourcesText({ resources }: { readonly resources?: Container["resources"] | undefined }): string {
  const sorted = (list: Amounts | undefined) => Object.entries(list ?? {}).sort()
  return JSON.stringify({ requests: sorted(resources?.requests), limits: sorted(resources?.limits) })
}

/** What a running container has, as it was made or last changed; undefined when nobody noted it. */
export function inForce(
  status: ContainerStatus,
  actuated: ReadonlyMap<ContainerId, string>,
): { readonly requests?: Amounts; readonly limits?: Amounts } | undefined {
  const text = actuated.get(status.id) ?? status.annotations[resourcesAnnotation]
  if (text === undefined) return undefined
  const { limits, requests } = JSON.parse(text) as Record<"requests" | "limits", [string, string][]>
  return {
    ...(requests.length > 0 && { requests: Object.fromEntries(requests) }),
    ...(limits.length > 0 && { limits: Object.fromEntries(limits) }),
  }
}

export type Resize = "none" | "in-place" | "restart"

/** What a change of a running container's requests or limits needs. `actuated`: what was applied since it was made. */
export function resizeOf(
  { spec }: PodContainer,
  status: ContainerStatus,
  actuated: ReadonlyMap<ContainerId, string>,
): Resize {
  const before = inForce(status, actuated)
  if (before === undefined || resourcesText({ resources: before }) === resourcesText(spec)) return "none"
  const restarts = (spec.resizePolicy ?? []).some(
    ({ resourceName: name, restartPolicy }) =>
      restartPolicy === "RestartContainer" &&
      (before.requests?.[name] !== spec.resources?.requests?.[name] ||
        before.limits?.[name] !== spec.resources?.limits?.[name]),
  )
  return restarts ? "restart" : "in-place"
}

/** The containers that may be resized: those that are meant to go on. */
export function resizable(pod: Pod): PodContainer[] {
  return [...initContainers(pod).filter(({ kind }) => kind === "sidecar"), ...regularContainers(pod)]
}

export const resizeFailure = (id: ContainerId): string => `<resize:${id}>`

/** Whether a running container has not got yet what was set aside for it, and why, as far as known. */
export function resizeLeft({ actuated, failures, pod, runtime }: PodFacts): { left: boolean; error?: string } {
  const unchanged = resizable(pod).flatMap((container) => {
    const status = newest(runtime, container.spec.name)
    return status?.state === "RUNNING" && resizeOf(container, status, actuated) !== "none" ? [status.id] : []
  })
  const error = unchanged.map((id) => failures.get(resizeFailure(id))?.message).find((text) => text !== undefined)
  return { left: unchanged.length > 0, ...(error !== undefined && { error }) }
}
