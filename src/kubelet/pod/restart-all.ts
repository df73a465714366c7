import type { Pod } from "../../api/core/v1/pod.ts"
import type { ContainerStatus } from "../../runtime/runtime.ts"
import type { Action } from "./actions.ts"
import { initContainers, type PodContainer, regularContainers } from "./containers.ts"
import { newest, type PodRuntime } from "./facts.ts"
import { matchingRule } from "./restart.ts"

/** How the containers that go are reported. */
export const restartingAll = "RestartingAllContainers"

const containersOf = (pod: Pod): PodContainer[] => [...initContainers(pod), ...regularContainers(pod)]

function asksForAll({ spec }: PodContainer, status: ContainerStatus | undefined): boolean {
  return status?.state === "EXITED" && matchingRule(spec, status.exitCode)?.action === "RestartAllContainers"
}

/** Whether the exit of some container may restart all of them. */
export function couldRestartAll(pod: Pod): boolean {
  const rules = containersOf(pod).flatMap(({ spec }) => spec.restartPolicyRules ?? [])
  return rules.some(({ action }) => action === "RestartAllContainers")
}

/** Whether a container has ended in a way by which all of the pod's containers begin anew, in the same sandbox. */
export function restartsAll(pod: Pod, runtime: PodRuntime): boolean {
  return containersOf(pod).some((container) => asksForAll(container, newest(runtime, container.spec.name)))
}

/**
 * What is to be done for it: end all containers at once, remove them, and last those that asked for it. They are the
 * note that this is under way. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-all-containers
 */
export function restartAllSteps(pod: Pod, runtime: PodRuntime): Action[] {
  const containers = new Map(containersOf(pod).map((container) => [container.spec.name, container]))
  const own = runtime.containers.filter(({ metadata }) => containers.has(metadata.name))
  const alive = own.filter(({ state }) => state === "RUNNING" || state === "UNKNOWN")
  if (alive.length > 0) {
    return alive.map(({ id, metadata: { name } }) => {
      return { do: "kill-container", id, name, message: "killing", graceMs: 0 }
    })
  }
  const asked = own.filter((status) => {
    const container = containers.get(status.metadata.name)
    return container !== undefined && asksForAll(container, status)
  })
  const others = own.filter((status) => !asked.includes(status))
  return (others.length > 0 ? others : asked).map(({ id }) => ({ do: "remove-container", id }))
}
