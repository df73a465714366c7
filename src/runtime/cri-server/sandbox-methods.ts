import type { HandlersOf } from "../../machinery/grpc/service.ts"
import type { TypeOf } from "../../machinery/schema/schema.ts"
import { SANDBOX_STATES } from "../cri/enums.ts"
import { nanoseconds } from "../cri/nanoseconds.ts"
import type { PodSandboxFilter as FilterMessage } from "../cri/sandbox-messages.ts"
import type { RuntimeService } from "../cri/services.ts"
import type { PodSandboxFilter } from "../sandbox.ts"
import { translated, unlessGone } from "./errors.ts"
import { sandboxConfigOf, selectorOf } from "./from-cri.ts"
import type { Ids } from "./ids.ts"
import type { RuntimeServiceParts } from "./runtime-service.ts"
import { containerStatusMessage, sandboxMessage, sandboxStatusMessage } from "./to-cri.ts"

export function sandboxMethods({ ids, nowNs, runtime }: RuntimeServiceParts) {
  const list = async (filter: TypeOf<typeof FilterMessage> | undefined) => {
    const found = await runtime.listPodSandboxes(await filterOf(filter, ids))
    return found.map(sandboxMessage)
  }
  return {
    ...translated({
      async RunPodSandbox({ config, runtimeHandler = "" }) {
        return { podSandboxId: await runtime.runPodSandbox(sandboxConfigOf(config), runtimeHandler) }
      },
      async StopPodSandbox({ podSandboxId }) {
        await runtime.stopPodSandbox(await ids.sandbox(podSandboxId))
        return {}
      },
      async RemovePodSandbox({ podSandboxId }) {
        await runtime.removePodSandbox(await ids.sandbox(podSandboxId))
        return {}
      },
      async PodSandboxStatus({ podSandboxId, verbose = false }) {
        const id = await ids.sandbox(podSandboxId)
        const status = await runtime.podSandboxStatus(id)
        const containers = await runtime.listContainers({ sandboxId: id })
        const statuses = await Promise.all(containers.map((each) => runtime.containerStatus(each.id).catch(unlessGone)))
        return {
          status: sandboxStatusMessage(status),
          ...(verbose && { info: { info: JSON.stringify({ netnsPath: status.netnsPath }) } }),
          containersStatuses: statuses.filter((each) => each !== undefined).map(containerStatusMessage),
          timestamp: nanoseconds(nowNs()),
        }
      },
      async UpdatePodSandboxResources({ podSandboxId }) {
        // For runtimes whose pods are virtual machines. Here the pod's cgroup is all there is, and the kubelet has set it.
        await runtime.podSandboxStatus(await ids.sandbox(podSandboxId))
        return {}
      },
      async ListPodSandbox({ filter }) {
        return { items: await list(filter) }
      },
    } satisfies HandlersOf<typeof RuntimeService>),
    async *StreamPodSandboxes({ filter }) {
      for (const each of await list(filter)) yield { podSandboxes: [each] }
    },
  } satisfies HandlersOf<typeof RuntimeService>
}

async function filterOf(message: TypeOf<typeof FilterMessage> = {}, ids: Ids): Promise<PodSandboxFilter> {
  const { id = "", labelSelector, state } = message
  const wanted = state && SANDBOX_STATES[state.state ?? 0]
  return {
    ...(id !== "" && { id: await ids.sandbox(id) }),
    ...(wanted && { state: wanted }),
    ...selectorOf(labelSelector),
  }
}
