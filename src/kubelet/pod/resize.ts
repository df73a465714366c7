import type { Container } from "../../api/core/v1/container.ts"
import type { ContainerId, ContainerStatus } from "../../runtime/runtime.ts"
import type { PodContainer } from "./containers.ts"

/** The requests and limits that a container was made with. */
export const resourcesAnnotation = "gantry.dev/resources"

export function resourcesText({ resources }: Container): string {
  const sorted = (list: Readonly<Record<string, string>> | undefined) => Object.entries(list ?? {}).sort()
  return JSON.stringify({ requests: sorted(resources?.requests), limits: sorted(resources?.limits) })
}

export type Resize = "none" | "in-place" | "restart"

/**
 * What a change of a running container's requests or limits needs. `actuated`: what was applied since it was made.
 * https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
export function resizeOf(
  { spec }: PodContainer,
  status: ContainerStatus,
  actuated: ReadonlyMap<ContainerId, string>,
): Resize {
  const before = actuated.get(status.id) ?? status.annotations[resourcesAnnotation]
  const wanted = resourcesText(spec)
  if (before === undefined || before === wanted) return "none"
  const restarts = (spec.resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === "RestartContainer" && amount(before, resourceName) !== amount(wanted, resourceName),
  )
  return restarts ? "restart" : "in-place"
}

function amount(text: string, resource: string): string {
  const lists = JSON.parse(text) as Record<"requests" | "limits", [string, string][]>
  return JSON.stringify([lists.requests, lists.limits].map((list) => list.find(([name]) => name === resource)))
}
