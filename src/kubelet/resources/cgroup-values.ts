import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { type Amounts, amountsOf, podRequests } from "../../api/core/v1/pod-resources.ts"
import type { HugepageLimit, LinuxContainerResources } from "../../runtime/runtime.ts"
import { isCritical } from "../admission/critical.ts"
import { hugepageResource } from "./hugepages.ts"
import { isLimited, podLimits, qosClass } from "./pod-resources.ts"

/** https://docs.kernel.org/scheduler/sched-bwc.html, in microseconds. */
const quotaPeriod = 100_000
const quotaLeast = 1000
/** https://docs.kernel.org/admin-guide/cgroup-v1/cpusets.html: what the kernel accepts as cpu.shares. */
const sharesLeast = 2
const sharesMost = 262_144
const sharesPerCpu = 1024

export function cpuShares(milli: number): number {
  return Math.min(Math.max(Math.floor((milli * sharesPerCpu) / 1000), sharesLeast), sharesMost)
}

function cpuQuota(milli: number): number {
  return Math.max(Math.floor((milli * quotaPeriod) / 1000), quotaLeast)
}

/** What of resources a node enforces. */
export interface Enforcement {
  /** CPU limits; requests always count. */
  readonly cpuQuota: boolean
  /** In bytes: of each of the machine's sizes a container gets what it asks for, and be it nothing. */
  readonly pageSizes?: readonly number[]
}

/** What the kernel enforces for one container. */
export function containerResources(
  pod: Pod,
  container: Container,
  memoryCapacity: number,
  { cpuQuota: isEnforced, pageSizes = [] }: Enforcement = { cpuQuota: true },
): LinuxContainerResources {
  const requests = amountsOf(container.resources?.requests)
  const limits = amountsOf(container.resources?.limits)
  const wholePod = amountsOf(pod.spec.resources?.limits)
  const cpuLimit = limits.get("cpu") || wholePod.get("cpu") || 0
  const memoryLimit = limits.get("memory") || wholePod.get("memory") || 0
  // A limit without a request is also the request.
  const cpuRequest = requests.get("cpu") ?? limits.get("cpu") ?? 0
  const given = pageSizes.map((size) => [hugepageResource(size), 0] as const)
  const hugepageLimits = hugepages(new Map([...given, ...wholePod, ...limits]))
  return {
    cpuShares: cpuShares(cpuRequest),
    ...(cpuLimit > 0 && isEnforced ? { cpuPeriod: quotaPeriod, cpuQuota: cpuQuota(cpuLimit) } : {}),
    ...(memoryLimit > 0 ? { memoryLimitBytes: memoryLimit } : {}),
    oomScoreAdj: oomScoreAdj(pod, requests.get("memory") ?? 0, memoryCapacity),
    ...(hugepageLimits.length > 0 ? { hugepageLimits } : {}),
  }
}

/** Of the pod's own group, which bounds its containers together. Limits only where every container has one. */
export function podResources(
  pod: Pod,
  { cpuQuota: isEnforced }: Enforcement = { cpuQuota: true },
): LinuxContainerResources {
  const qos = qosClass(pod)
  if (qos === "BestEffort") return { cpuShares: sharesLeast }
  const requests = podRequests(pod)
  const limits = podLimits(pod)
  const cpuLimit = limits.get("cpu") ?? 0
  const memoryLimit = limits.get("memory") ?? 0
  const hugepageLimits = hugepages(requests)
  return {
    cpuShares: cpuShares(requests.get("cpu") ?? limits.get("cpu") ?? 0),
    ...(cpuLimit > 0 && isEnforced && isLimited(pod, "cpu")
      ? { cpuPeriod: quotaPeriod, cpuQuota: cpuQuota(cpuLimit) }
      : {}),
    ...(memoryLimit > 0 && isLimited(pod, "memory") ? { memoryLimitBytes: memoryLimit } : {}),
    ...(hugepageLimits.length > 0 ? { hugepageLimits } : {}),
  }
}

/** `hugepages-2Mi` becomes the kernel's `2MB`. */
function hugepages(amounts: Amounts): HugepageLimit[] {
  return [...amounts].flatMap(([name, limitBytes]) => {
    const [, count, unit] = /^hugepages-(\d+)(Ki|Mi|Gi)$/.exec(name) ?? []
    if (count === undefined || unit === undefined) return []
    return [{ pageSize: `${count}${unit.charAt(0).toUpperCase()}B`, limitBytes }]
  })
}

const guaranteedScore = -997
const bestEffortScore = 1000
/** Static pods may name the class before the API server has given them its number. */
const nodeCriticalClass = "system-node-critical"

/**
 * Who is killed first when the machine runs out of memory: pods without requests, then those that use more than they
 * asked for. https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-out-of-memory-behavior
 */
export function oomScoreAdj(pod: Pod, memoryRequest: number, memoryCapacity: number): number {
  if (pod.spec.priorityClassName === nodeCriticalClass && isCritical(pod)) return guaranteedScore
  const qos = qosClass(pod)
  if (qos === "Guaranteed") return guaranteedScore
  if (qos === "BestEffort") return bestEffortScore
  const score = 1000 - Math.floor((1000 * memoryRequest) / memoryCapacity)
  return Math.min(Math.max(score, 1000 + guaranteedScore), bestEffortScore - 1)
}
