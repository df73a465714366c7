import type { HandlersOf } from "../../machinery/grpc/service.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"
import type { ContainerFilter } from "../container.ts"
import type { ContainerFilter as FilterMessage } from "../cri/container-messages.ts"
import { CONTAINER_STATES } from "../cri/enums.ts"
import { resourcesOf } from "../cri/resources.ts"
import type { RuntimeService } from "../cri/services.ts"
import { translated } from "./errors.ts"
import { containerConfigOf, selectorOf } from "./from-cri.ts"
import type { Ids } from "./ids.ts"
import type { RuntimeServiceParts } from "./runtime-service.ts"
import { containerMessage, containerStatusMessage } from "./to-cri.ts"

export function containerMethods({ ids, runtime }: RuntimeServiceParts) {
  const list = async (filter: TypeOf<typeof FilterMessage> | undefined) => {
    const found = await runtime.listContainers(await containerFilterOf(filter, ids))
    return found.map(containerMessage)
  }
  return {
    ...translated({
      async CreateContainer({ config, podSandboxId }) {
        const sandbox = await ids.sandbox(podSandboxId)
        return { containerId: await runtime.createContainer(sandbox, containerConfigOf(config)) }
      },
      async StartContainer({ containerId }) {
        await runtime.startContainer(await ids.container(containerId))
        return {}
      },
      async StopContainer({ containerId, timeout = 0 }) {
        await runtime.stopContainer(await ids.container(containerId), Math.max(0, timeout) * 1000)
        return {}
      },
      async RemoveContainer({ containerId }) {
        await runtime.removeContainer(await ids.container(containerId))
        return {}
      },
      async ListContainers({ filter }) {
        return { containers: await list(filter) }
      },
      async ContainerStatus({ containerId, verbose = false }) {
        const status = await runtime.containerStatus(await ids.container(containerId))
        const { pid, sandboxId, warnings } = status
        return {
          status: containerStatusMessage(status),
          ...(verbose && { info: { info: JSON.stringify({ sandboxID: sandboxId, pid, warnings }) } }),
        }
      },
      async UpdateContainerResources({ containerId, linux }) {
        await runtime.updateContainerResources(await ids.container(containerId), resourcesOf(linux, false))
        return {}
      },
      async ReopenContainerLog({ containerId }) {
        await runtime.reopenContainerLog(await ids.container(containerId))
        return {}
      },
    } satisfies HandlersOf<typeof RuntimeService>),
    async *StreamContainers({ filter }) {
      for (const each of await list(filter)) yield { containers: [each] }
    },
  } satisfies HandlersOf<typeof RuntimeService>
}

export async function containerFilterOf(
  message: TypeOf<typeof FilterMessage> = {},
  ids: Ids,
): Promise<ContainerFilter> {
  const { id = "", labelSelector, podSandboxId = "", state } = message
  const wanted = state && CONTAINER_STATES[state.state ?? 0]
  return {
    ...(id !== "" && { id: await ids.container(id) }),
    ...(podSandboxId !== "" && { sandboxId: await ids.sandbox(podSandboxId) }),
    ...(wanted && { state: wanted }),
    ...selectorOf(labelSelector),
  }
}
