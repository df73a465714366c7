import { isAbsolute } from "node:path"
import type { InputOf, TypeOf } from "../../machinery/schema/schema.ts"
import type { LinuxContainerResources } from "../container.ts"
import type * as messages from "../cri/security-messages.ts"
import { invalid } from "./errors.ts"

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

/** A cgroup's path as given, or the one for pods of callers that keep no cgroups. Throws InvalidArgument. */
export function cgroupParentOf(given: string, sandboxName: string): string {
  if (given === "") return `/gantry-cri/${sandboxName}`
  const isSafe = isAbsolute(given) && given.split("/").every((part) => part !== ".." && part !== ".")
  if (given.endsWith(".slice")) {
    throw invalid(
      `found the cgroup parent "${given}" of systemd, expected a path: set the kubelet's cgroupDriver to cgroupfs`,
    )
  }
  if (!isSafe) throw invalid(`found the cgroup parent "${given}", expected an absolute path without dots`)
  return given
}
