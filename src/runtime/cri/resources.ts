import type { InputOf, TypeOf } from "../../machinery/schema/schema.ts"
import type { LinuxContainerResources } from "../container.ts"
import type * as messages from "./security-messages.ts"

type Message = TypeOf<typeof messages.LinuxContainerResources>

/** Zero means absent in CRI, but for `oom_score_adj`, which counts at creation. */
export function resourcesOf(message: Message = {}, isNew = true): LinuxContainerResources {
  const { cpuPeriod, cpuQuota, cpuShares, cpusetCpus, cpusetMems, hugepageLimits = [], unified = {} } = message
  const { memoryLimitInBytes, memorySwapLimitInBytes, oomScoreAdj = 0 } = message
  return {
    ...(cpuPeriod && { cpuPeriod }),
    ...(cpuQuota && { cpuQuota }),
    ...(cpuShares && { cpuShares }),
    ...(memoryLimitInBytes && { memoryLimitBytes: memoryLimitInBytes }),
    ...(memorySwapLimitInBytes && { memorySwapLimitBytes: memorySwapLimitInBytes }),
    ...((isNew || oomScoreAdj !== 0) && { oomScoreAdj }),
    ...(cpusetCpus && { cpusetCpus }),
    ...(cpusetMems && { cpusetMems }),
    ...(hugepageLimits.length > 0 && {
      hugepageLimits: hugepageLimits.map(({ limit = 0, pageSize = "" }) => ({ pageSize, limitBytes: limit })),
    }),
    ...(Object.keys(unified).length > 0 && { unified }),
  }
}

export function resourcesMessage(resources: LinuxContainerResources): InputOf<typeof messages.LinuxContainerResources> {
  const { cpuPeriod, cpuQuota, cpuShares, cpusetCpus, cpusetMems, hugepageLimits, oomScoreAdj, unified } = resources
  const { memoryLimitBytes, memorySwapLimitBytes } = resources
  return {
    ...(cpuPeriod !== undefined && { cpuPeriod }),
    ...(cpuQuota !== undefined && { cpuQuota }),
    ...(cpuShares !== undefined && { cpuShares }),
    ...(memoryLimitBytes !== undefined && { memoryLimitInBytes: memoryLimitBytes }),
    ...(memorySwapLimitBytes !== undefined && { memorySwapLimitInBytes: memorySwapLimitBytes }),
    ...(oomScoreAdj !== undefined && { oomScoreAdj }),
    ...(cpusetCpus !== undefined && { cpusetCpus }),
    ...(cpusetMems !== undefined && { cpusetMems }),
    ...(hugepageLimits && {
      hugepageLimits: hugepageLimits.map(({ limitBytes, pageSize }) => ({ pageSize, limit: limitBytes })),
    }),
    ...(unified && { unified }),
  }
}
