import type { Pod } from "../../api/core/v1/pod.ts"
import type { ContainerRuntime, ContainerStatus } from "../../runtime/runtime.ts"
import { containerResources, podResources } from "../resources/cgroup-values.ts"
import type { PodContainer } from "./containers.ts"

/** Rejects when a container would be left with less memory than it uses, because the kernel would kill it. */
export async function checkShrinking(
  runtime: Pick<ContainerRuntime, "podSandboxStats">,
  pod: Pod,
  { spec }: PodContainer,
  status: ContainerStatus,
): Promise<void> {
  const wanted = containerResources(pod, spec, 1).memoryLimitBytes
  const has = status.resources.memoryLimitBytes ?? 0
  if (wanted === undefined || (has > 0 && wanted >= has)) return
  const stats = await runtime.podSandboxStats(status.sandboxId)
  const podLimit = podResources(pod).memoryLimitBytes
  const problems: string[] = []
  const podUse = stats.memory?.usageBytes ?? 0
  if (podLimit !== undefined && podUse >= podLimit) {
    problems.push(`attempting to set pod memory limit (${podLimit}) below current usage (${podUse})`)
  }
  const use = stats.containers.find(({ id }) => id === status.id)?.memory?.usageBytes ?? 0
  if (use >= wanted) {
    problems.push(`attempting to set container "${spec.name}" memory limit (${wanted}) below current usage (${use})`)
  }
  if (problems.length === 0) return
  throw new Error(`cannot decrease memory limits: ${problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`}`)
}
