import type { Container, ContainerFilter, ContainerId, ContainerStatus } from "../container.ts"
import { CONTAINER_STATES, numberOf, SANDBOX_STATES } from "../cri/enums.ts"
import { RuntimeError } from "../errors.ts"
import type { ContainerRuntime } from "../runtime.ts"
import type { SandboxId } from "../sandbox.ts"
import { CALL_MS, called } from "./calls.ts"
import { detailsOf } from "./details.ts"
import type { Parts } from "./parts.ts"
import { containerOf, containerStatusOf, sandboxOf, sandboxStatusOf } from "./statuses.ts"

const limit = { timeoutMs: CALL_MS }
/** As of a process that SIGKILL has ended. */
const KILLED = 137

export type Reads = Pick<
  ContainerRuntime,
  "containerStatus" | "listContainers" | "listPodSandboxes" | "podSandboxStatus"
> & {
  /** A container that was stopped before it had started: runtimes leave it as it is, and kubelets wait for its end. */
  readonly neverStarted: Map<ContainerId, bigint>
}

/** What there is. */
export function readMethods({ cri }: Pick<Parts, "cri">): Reads {
  const neverStarted = new Map<ContainerId, bigint>()
  const ended = <C extends Container>(container: C): C =>
    container.state === "CREATED" && neverStarted.has(container.id) ? { ...container, state: "EXITED" } : container
  const sandboxIdOf = async (id: ContainerId): Promise<SandboxId> => {
    const { containers = [] } = await cri.ListContainers({ filter: { id } }, limit)
    const [found] = containers
    if (found === undefined) throw new RuntimeError("NotFound", `no container ${id}`)
    return (found.podSandboxId ?? "") as SandboxId
  }
  return {
    neverStarted,
    async podSandboxStatus(podSandboxId) {
      return sandboxStatusOf(await called(cri.PodSandboxStatus({ podSandboxId, verbose: true }, limit)))
    },
    async listPodSandboxes({ id, labelSelector, state } = {}) {
      const filter = {
        ...(id !== undefined && { id }),
        ...(state !== undefined && { state: { state: numberOf(SANDBOX_STATES, state) } }),
        ...(labelSelector && { labelSelector }),
      }
      const { items = [] } = await called(cri.ListPodSandbox({ filter }, limit))
      return items.map(sandboxOf)
    },
    async listContainers(filter = {}) {
      const { containers = [] } = await called(cri.ListContainers({ filter: filterMessage(filter) }, limit))
      const found = containers.map((each) => ended(containerOf(each)))
      return filter.state === undefined ? found : found.filter(({ state }) => state === filter.state)
    },
    async containerStatus(containerId) {
      const response = await called(cri.ContainerStatus({ containerId, verbose: true }, limit))
      const sandboxId = (detailsOf(response.info).sandboxId as SandboxId) || (await sandboxIdOf(containerId))
      const status: ContainerStatus = ended(containerStatusOf(response, sandboxId))
      const finishedAtNs = neverStarted.get(containerId)
      if (finishedAtNs === undefined || status.startedAtNs > 0n) return status
      return { ...status, finishedAtNs, exitCode: KILLED, reason: "Error" }
    },
  }
}

/** Stopped before they started, some are CREATED to the runtime and EXITED here. */
export function filterMessage({ id, labelSelector, sandboxId, state }: ContainerFilter) {
  const told = state === "CREATED" || state === "EXITED" ? undefined : state
  return {
    ...(id !== undefined && { id }),
    ...(sandboxId !== undefined && { podSandboxId: sandboxId }),
    ...(told !== undefined && { state: { state: numberOf(CONTAINER_STATES, told) } }),
    ...(labelSelector && { labelSelector }),
  }
}
