import type { HandlersOf } from "../../machinery/grpc/service.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"
import type { RuntimeService } from "../cri/services.ts"
import type { ContainerStatsFilter, PodSandboxStatsFilter } from "../cri/stats-messages.ts"
import { containerFilterOf } from "./container-methods.ts"
import { translated, unlessGone } from "./errors.ts"
import { selectorOf } from "./from-cri.ts"
import type { RuntimeServiceParts } from "./runtime-service.ts"
import { containerStatsMessage, sandboxStatsMessage } from "./stats-message.ts"

export function statsMethods({ ids, nowNs, runtime }: RuntimeServiceParts) {
  const listContainers = async (filter: TypeOf<typeof ContainerStatsFilter> | undefined) => {
    const found = await runtime.listContainerStats(await containerFilterOf(filter, ids))
    return found.map(containerStatsMessage)
  }
  const listSandboxes = async ({ id = "", labelSelector }: TypeOf<typeof PodSandboxStatsFilter> = {}) => {
    const filter = { ...(id !== "" && { id: await ids.sandbox(id) }), ...selectorOf(labelSelector) }
    const sandboxes = await runtime.listPodSandboxes({ ...filter, state: "READY" })
    const all = await Promise.all(sandboxes.map((sandbox) => runtime.podSandboxStats(sandbox.id).catch(unlessGone)))
    return all.flatMap((stats) => (stats === undefined ? [] : [sandboxStatsMessage(stats, nowNs())]))
  }
  return {
    ...translated({
      async ContainerStats({ containerId }) {
        return { stats: containerStatsMessage(await runtime.containerStats(await ids.container(containerId))) }
      },
      async ListContainerStats({ filter }) {
        return { stats: await listContainers(filter) }
      },
      async PodSandboxStats({ podSandboxId }) {
        const stats = await runtime.podSandboxStats(await ids.sandbox(podSandboxId))
        return { stats: sandboxStatsMessage(stats, nowNs()) }
      },
      async ListPodSandboxStats({ filter }) {
        return { stats: await listSandboxes(filter) }
      },
    } satisfies HandlersOf<typeof RuntimeService>),
    async *StreamContainerStats({ filter }) {
      for (const each of await listContainers(filter)) yield { containerStats: [each] }
    },
    async *StreamPodSandboxStats({ filter }) {
      for (const each of await listSandboxes(filter)) yield { podSandboxStats: [each] }
    },
  } satisfies HandlersOf<typeof RuntimeService>
}
