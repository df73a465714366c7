import { GrpcError } from "../../machinery/grpc/code.ts"
import type { HandlersOf } from "../../machinery/grpc/service.ts"
import type { Clock } from "../../platform/clock.ts"
import { CGROUP_DRIVERS, numberOf } from "../cri/enums.ts"
import type { RuntimeService } from "../cri/services.ts"
import type { ContainerRuntime } from "../runtime.ts"
import { containerEvents } from "./container-events.ts"
import { containerMethods } from "./container-methods.ts"
import { translated } from "./errors.ts"
import { Ids } from "./ids.ts"
import { sandboxMethods } from "./sandbox-methods.ts"
import { statsMethods } from "./stats-methods.ts"
import { streamMethods } from "./stream-methods.ts"
import type { StreamingUrls } from "./streaming-urls.ts"

export interface RuntimeServiceParts {
  readonly runtime: ContainerRuntime
  readonly streaming: StreamingUrls
  readonly clock: Clock
  /** Of the program, such as `1.2.3`. */
  readonly version: string
  readonly ids: Ids
  readonly nowNs: () => bigint
}

/** The API version of the kubelet's side, which every runtime repeats. */
const KUBELET_API_VERSION = "0.1.0"
const NS_PER_MS = 1_000_000n

/**
 * The runtime behind the port, as CRI. What it lacks answers `Unimplemented`: metrics (cAdvisor's names; the kubelet has
 * its own).
 */
export function runtimeService(
  options: Pick<RuntimeServiceParts, "runtime" | "streaming" | "clock" | "version">,
): HandlersOf<typeof RuntimeService> {
  const { clock, runtime } = options
  const nowNs = () => BigInt(Math.round(clock.nowMs())) * NS_PER_MS
  const parts: RuntimeServiceParts = { ...options, ids: new Ids(runtime), nowNs }
  return {
    ...sandboxMethods(parts),
    ...containerMethods(parts),
    ...statsMethods(parts),
    ...streamMethods(parts),
    ...nodeMethods(parts),
  }
}

function nodeMethods({ nowNs, runtime, version }: RuntimeServiceParts) {
  return {
    ...translated(settingMethods(runtime)),
    async Version() {
      // Kubelets want a number there, which the name and version of the OCI runtime are not.
      return { version: KUBELET_API_VERSION, ...(await runtime.version()), runtimeVersion: version }
    },
    async Status({ verbose = false }) {
      const { conditions, features, handlers, warnings } = await runtime.status()
      return {
        status: { conditions },
        runtimeHandlers: handlers,
        features,
        ...(verbose && { info: { warnings: JSON.stringify(warnings) } }),
      }
    },
    async RuntimeConfig() {
      const { cgroupDriver } = await runtime.runtimeConfig()
      return { linux: { cgroupDriver: numberOf(CGROUP_DRIVERS, cgroupDriver) } }
    },
    async CheckpointContainer() {
      throw new GrpcError("Unimplemented", "this runtime cannot write checkpoints of containers")
    },
    GetContainerEvents: (_request, { signal }) => containerEvents(runtime, nowNs, signal),
  } satisfies HandlersOf<typeof RuntimeService>
}

function settingMethods(runtime: ContainerRuntime) {
  return {
    async UpdateRuntimeConfig({ runtimeConfig = {} }) {
      const given = runtimeConfig.networkConfig?.podCidr ?? ""
      if (given !== "") await runtime.updateRuntimeConfig({ podCidrs: given.split(",") })
      return {}
    },
  } satisfies HandlersOf<typeof RuntimeService>
}
