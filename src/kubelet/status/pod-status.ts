import type { Container } from "../../api/core/v1/container.ts"
import type { ContainerStatus, ResourceStatus } from "../../api/core/v1/container-status.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { type Amounts, podRequests } from "../../api/core/v1/pod-resources.ts"
import type { PodCondition, PodStatus } from "../../api/core/v1/pod-status.ts"
import { formatQuantity, milliQuantityOf, quantityOf } from "../../machinery/quantity/quantity.ts"
import type { Waiting } from "../pod/actions.ts"
import { ephemeralContainers, initContainers, type PodContainer, regularContainers } from "../pod/containers.ts"
import { type PodFacts, readySandbox } from "../pod/facts.ts"
import { inForce } from "../pod/resize.ts"
import { restartsAfter } from "../pod/restart.ts"
import { restartsAll } from "../pod/restart-all.ts"
import { podLimits, qosClass } from "../resources/pod-resources.ts"
import { isRestartingAll, podConditions } from "./conditions.ts"
import { containerStatus } from "./container-statuses.ts"
import { type Phase, podPhase } from "./phase.ts"
import { timeOfMs } from "./times.ts"

export interface StatusFacts extends PodFacts {
  readonly waiting: ReadonlyMap<string, Waiting>
  /** Exit messages by container id. */
  readonly messages: ReadonlyMap<string, string>
  readonly ending: boolean
  /** Nothing of the pod runs any more, for good. */
  readonly ended: boolean
  /** The kubelet's own verdict, such as a passed deadline: it wins over what the containers say. */
  readonly verdict: Verdict | undefined
  /** Conditions about changed requests and limits. */
  readonly resize: readonly PodCondition[]
  /** The first is the one that is meant where only one counts. */
  readonly nodeIps: readonly [string, ...string[]]
  /** Of the container runtime. */
  readonly runtimeName: string
  readonly deviceHealth?: (pod: Pod, container: Container) => readonly ResourceStatus[]
}

export interface Verdict {
  readonly phase: Phase
  readonly reason: string
  readonly message: string
  /** The pod was ended to help the node, which jobs and disruption budgets count differently from a failure. A
   * text: what its condition says, when that is something else than the message. */
  readonly disruption?: true | string
}

/** The status of a pod, from what is known of it. `pod.status` is what was reported before. A pure function. */
export function podStatus(facts: StatusFacts): PodStatus {
  const { pod, verdict } = facts
  const before = pod.status ?? {}
  const restartsNow = restartsAll(pod, facts.runtime)
  const restartingAll = before.conditions?.some(isRestartingAll) || restartsNow
  const of = (containers: readonly PodContainer[], then: readonly ContainerStatus[] | undefined) =>
    statusesOf(facts, containers, then, restartingAll)
  const containers = of(regularContainers(pod), before.containerStatuses)
  const init = of(initContainers(pod), before.initContainerStatuses)
  const ephemeral = of(ephemeralContainers(pod), before.ephemeralContainerStatuses)
  const statuses = new Map([...init, ...containers].map((status) => [status.name, status]))
  const known = before.phase === "Succeeded" || before.phase === "Failed" ? before.phase : undefined
  // A phase that was final stays, whatever a lost container would make of it.
  // And no pod is final while a container of it may still run and hold what the next pod needs.
  const settled = facts.ended ? verdict : undefined
  const phase = known ?? settled?.phase ?? podPhase({ pod, statuses, restartingAll, ended: facts.ended })
  const ips = addresses(facts)
  // What was turned away before anything ran, be it by an earlier agent, has no containers to speak of.
  const wasRejected = known !== undefined && (before.containerStatuses ?? []).length === 0
  const rejected = (verdict !== undefined || wasRejected) && facts.runtime.sandboxes.length === 0
  const sameAsBefore = phase === before.phase
  const reason = settled?.reason ?? (sameAsBefore ? before.reason : undefined)
  const message = settled?.message ?? (sameAsBefore ? before.message : undefined)
  // Containers that an earlier agent started have their volumes, though this one has not looked yet.
  const mounted = facts.volumesMounted || facts.runtime.containers.length > 0
  const sandboxReady = readySandbox(facts.runtime) !== undefined && mounted
  const now = timeOfMs(facts.nowMs)
  return {
    ...(pod.metadata.generation ? { observedGeneration: pod.metadata.generation } : {}),
    phase,
    conditions: podConditions({
      pod,
      phase,
      statuses,
      sandboxReady,
      now,
      resize: facts.resize,
      restartsAll: restartsNow,
      disruption: settled?.disruption === true ? message : settled?.disruption,
    }),
    ...(message ? { message } : {}),
    ...(reason ? { reason } : {}),
    hostIP: facts.nodeIps[0],
    hostIPs: facts.nodeIps.map((ip) => ({ ip })),
    ...(ips[0] ? { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) } : {}),
    startTime: before.startTime ?? now,
    ...(init.length > 0 && !rejected ? { initContainerStatuses: init } : {}),
    ...(rejected ? {} : { containerStatuses: containers }),
    qosClass: qosClass(pod),
    ...wholePodResources(pod),
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
  }
}

function statusesOf(
  facts: StatusFacts,
  containers: readonly PodContainer[],
  before: readonly ContainerStatus[] | undefined,
  restartingAll: boolean,
): ContainerStatus[] {
  const { pod, runtime } = facts
  const initialized = pod.spec.containers.some(({ name }) =>
    runtime.containers.some(({ metadata }) => metadata.name === name),
  )
  return containers.map((container) => {
    const { name } = container.spec
    const instances = runtime.containers.filter(({ metadata }) => metadata.name === name)
    const [current] = instances
    return containerStatus({
      container,
      instances,
      waiting: facts.waiting.get(name),
      probes: current === undefined ? undefined : facts.probes.get(current.id),
      messages: facts.messages,
      runtimeName: facts.runtimeName,
      // As elsewhere, nobody tells of init containers.
      devices: container.kind === "regular" ? (facts.deviceHealth?.(pod, container.spec) ?? []) : [],
      resources: current?.state === "RUNNING" ? inForce(current, facts.actuated) : undefined,
      previous: before?.find((status) => status.name === name),
      podHasInit: (pod.spec.initContainers ?? []).length > 0,
      initialized,
      ending: facts.ending,
      restartingAll,
      restarts: (exitCode) => restartsAfter(pod, container, exitCode),
    })
  })
}

/** What the pod takes as a whole. */
function wholePodResources(pod: Pod): Pick<PodStatus, "allocatedResources" | "resources"> {
  const requests = listOf(podRequests(withoutStatus(pod)))
  const limits = listOf(podLimits(pod))
  const any = (list: object) => Object.keys(list).length > 0
  return {
    ...(any(requests) && { allocatedResources: requests }),
    resources: { ...(any(limits) && { limits }), ...(any(requests) && { requests }) },
  }
}

/** Requests that were in force earlier do not count for what is set aside now. */
function withoutStatus(pod: Pod): Pod {
  return { ...pod, status: {} }
}

function listOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, quantityText(name, amount)]))
}

function quantityText(name: string, amount: number): string {
  if (name === "cpu") return formatQuantity(milliQuantityOf(amount, "DecimalSI"))
  const binary = name === "memory" || name === "ephemeral-storage" || name.startsWith("hugepages-")
  return formatQuantity(quantityOf(amount, binary ? "BinarySI" : "DecimalSI"))
}

/** Of the newest sandbox, also when it has ended: a finished pod keeps showing the address it had. */
function addresses({ nodeIps, pod, runtime }: StatusFacts): readonly string[] {
  if (pod.spec.hostNetwork) return nodeIps
  const ips = runtime.sandboxes[0]?.ips ?? []
  return ips.length > 0 ? ips : (pod.status?.podIPs ?? []).map(({ ip }) => ip)
}
