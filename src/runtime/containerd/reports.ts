import { hasGrpcCode } from "../../machinery/grpc/code.ts"
import type { ContainerFilter, ContainerId } from "../container.ts"
import { CGROUP_DRIVERS } from "../cri/enums.ts"
import type { ContainerRuntime, RuntimeCondition, RuntimeHandler } from "../runtime.ts"
import type { SandboxId, StringMap } from "../sandbox.ts"
import type { PodSandboxStats } from "../stats.ts"
import { CALL_MS, called, runtimeErrorOf } from "./calls.ts"
import type { Parts } from "./parts.ts"
import { filterMessage, type Reads } from "./reads.ts"
import { containerStatsOf, sandboxStatsOf } from "./stats.ts"
import { readSettings } from "./told-settings.ts"

type Methods = Pick<
  ContainerRuntime,
  | "containerStats"
  | "listContainerStats"
  | "podSandboxStats"
  | "runtimeConfig"
  | "status"
  | "updateRuntimeConfig"
  | "version"
>

/** The kubelet's side, which every runtime repeats. */
const KUBELET_API_VERSION = "0.1.0"
const limit = { timeoutMs: CALL_MS }

/** What a runtime says about itself, and about what its containers use. */
export function reportMethods({ cri }: Pick<Parts, "cri">, reads: Reads): Methods {
  const listStats = async (filter: ContainerFilter) => {
    const containers = await reads.listContainers(filter)
    const sandboxes = new Map(containers.map(({ id, sandboxId }) => [id, sandboxId]))
    const { state: _, ...asked } = filterMessage(filter)
    const { stats = [] } = await called(cri.ListContainerStats({ filter: asked }, limit))
    return stats.flatMap((each) => {
      const sandbox = sandboxes.get((each.attributes?.id ?? "") as ContainerId)
      return sandbox === undefined ? [] : [containerStatsOf(each, sandbox)]
    })
  }
  return {
    async containerStats(containerId) {
      const [response, [container]] = await Promise.all([
        called(cri.ContainerStats({ containerId }, limit)),
        reads.listContainers({ id: containerId }),
      ])
      return containerStatsOf(response.stats ?? {}, container?.sandboxId ?? ("" as SandboxId))
    },
    listContainerStats: (filter = {}) => listStats(filter),
    async podSandboxStats(podSandboxId) {
      try {
        const { stats = {} } = await cri.PodSandboxStats({ podSandboxId }, limit)
        return sandboxStatsOf(stats)
      } catch (error) {
        if (!hasGrpcCode(error, "Unimplemented")) throw runtimeErrorOf(error)
        return fromContainers(podSandboxId)
      }
    },
    async status() {
      const response = await called(cri.Status({ verbose: true }, limit))
      const { features = {}, info, runtimeHandlers = [], status = {} } = response
      return {
        conditions: (status.conditions ?? []).filter(isAboutPods).map(conditionOf),
        handlers: runtimeHandlers.length > 0 ? runtimeHandlers.map(handlerOf) : [handlerOf({})],
        features: { supplementalGroupsPolicy: features.supplementalGroupsPolicy ?? false },
        warnings: warningsOf(info),
      }
    },
    async updateRuntimeConfig({ podCidrs }) {
      const runtimeConfig = { networkConfig: { podCidr: podCidrs.join(",") } }
      await called(cri.UpdateRuntimeConfig({ runtimeConfig }, limit))
    },
    async runtimeConfig() {
      try {
        const { linux } = await cri.RuntimeConfig({}, limit)
        return { cgroupDriver: CGROUP_DRIVERS[linux?.cgroupDriver ?? 0] ?? "systemd" }
      } catch (error) {
        if (!hasGrpcCode(error, "Unimplemented")) throw runtimeErrorOf(error)
        const { info } = await called(cri.Status({ verbose: true }, limit))
        return { cgroupDriver: readSettings(info).cgroupDriver }
      }
    },
    async version() {
      const { runtimeName = "", runtimeVersion = "" } = await called(
        cri.Version({ version: KUBELET_API_VERSION }, limit),
      )
      return { runtimeName, runtimeVersion, runtimeApiVersion: "v1" }
    },
  }

  /** For runtimes that do not add up what a pod uses. */
  async function fromContainers(id: SandboxId): Promise<PodSandboxStats> {
    const [{ annotations, labels, metadata }, containers] = await Promise.all([
      reads.podSandboxStatus(id),
      listStats({ sandboxId: id }),
    ])
    return { id, metadata, labels, annotations, network: [], containers }
  }
}

/** Runtimes have conditions of their own besides, of which containerd's about deprecated settings keep no pod from running. */
const isAboutPods = ({ type }: { readonly type?: string | undefined }): boolean =>
  type === "RuntimeReady" || type === "NetworkReady"

function conditionOf({
  message = "",
  reason = "",
  status = false,
  type = "",
}: Partial<Record<"message" | "reason" | "type", string | undefined>> & {
  readonly status?: boolean | undefined
}): RuntimeCondition {
  return { type: type as RuntimeCondition["type"], status, reason, message }
}

interface HandlerMessage {
  readonly name?: string | undefined
  readonly features?:
    | { readonly recursiveReadOnlyMounts?: boolean | undefined; readonly userNamespaces?: boolean | undefined }
    | undefined
}

/** Runtimes that name no handlers have the default one, without anything new. */
function handlerOf({
  features: { recursiveReadOnlyMounts = false, userNamespaces = false } = {},
  name = "",
}: HandlerMessage): RuntimeHandler {
  return { name, features: { recursiveReadOnlyMounts, userNamespaces } }
}

function warningsOf({ warnings = "[]" }: StringMap = {}): readonly string[] {
  const all: unknown = JSON.parse(warnings)
  return Array.isArray(all) ? all.map(String) : []
}
