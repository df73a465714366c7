import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { type Amounts, add, amountsOf, podRequests } from "../../api/core/v1/pod-resources.ts"
import { tolerates } from "../../api/core/v1/taints.ts"
import type { Taint } from "../../api/core/v1/toleration.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isOfClaim } from "../devices/pod-claims.ts"
import type { ResourceList } from "../downward.ts"
import type { PressureCondition } from "../eviction/thresholds.ts"
import { isStaticPod } from "../static-pods/static-pod.ts"
import { isCritical } from "./critical.ts"
import { matchesNode, type SelectableNode } from "./node-affinity.ts"
import { podsToPreempt, type Shortage } from "./preemption.ts"
import { refusedUnderPressure } from "./pressure.ts"
import { refusedForSysctls } from "./sysctls.ts"

export interface AdmissionFacts {
  readonly node: SelectableNode
  readonly allocatable: ResourceList
  /** What the node lacks. */
  readonly pressure: ReadonlySet<PressureCondition>
  readonly taints?: readonly Taint[]
  /** Kernel settings that pods may change besides the safe ones. */
  readonly unsafeSysctls?: readonly string[]
  /** Pods of the node that are not over. */
  readonly others: readonly Pod[]
  /** Sets aside what the pod gets for itself, such as devices. Absent: it has it already. */
  readonly allocate?: () => Rejection | undefined
  /** Ends pods to make room for a critical one that lacks a resource. Absent: none has to make room. */
  readonly preempt?: (victims: readonly Pod[], resource: string) => void
}

export interface Rejection {
  readonly reason: string
  readonly message: string
}

/** Why the node cannot run a pod, or undefined when it can. The scheduler may have been wrong, or was not asked. */
export function admission(pod: Pod, facts: AdmissionFacts): Rejection | undefined {
  const refused = refusedUnderPressure(pod, facts.pressure)
  if (refused !== undefined) return refused
  const forbidden = refusedForSysctls(pod, facts.unsafeSysctls ?? [])
  if (forbidden !== undefined) return forbidden
  const unallocated = facts.allocate?.()
  if (unallocated !== undefined) return unallocated
  const os = pod.spec.os?.name
  if (os !== undefined && os !== "linux") {
    return { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" }
  }
  const shortages = lacking(pod, facts)
  const [first] = shortages
  const misfit = misfitOf(pod, facts)
  if (first === undefined) return misfit
  if (!isCritical(pod) || facts.preempt === undefined) return first.rejection
  return misfit ?? makeRoom(pod, facts.others, shortages, facts.preempt)
}

/** The cluster does not work without critical pods: others make room for them. */
function makeRoom(
  pod: Pod,
  others: readonly Pod[],
  shortages: readonly Shortage[],
  preempt: NonNullable<AdmissionFacts["preempt"]>,
): Rejection | undefined {
  try {
    preempt(podsToPreempt(pod, others, shortages), shortages[0]?.resource ?? "")
    return undefined
  } catch (error) {
    const why = messageOf(error)
    const message = `Unexpected error while attempting to recover from admission failure: ${why}`
    return { reason: "UnexpectedAdmissionError", message }
  }
}

/** Why the pod does not belong here, however much room there is. */
function misfitOf(pod: Pod, facts: AdmissionFacts): Rejection | undefined {
  if (!matchesNode(pod, facts.node)) {
    return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector")
  }
  if (portsCollide(pod, facts.others)) {
    return predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports")
  }
  if (!isStaticPod(pod) && isDrivenOff(pod, facts.taints ?? [])) {
    return predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate")
  }
  return undefined
}

function predicate(name: string, description: string): Rejection {
  return { reason: name, message: `Predicate ${name} failed: ${description}` }
}

type Lacking = Shortage & { readonly rejection: Rejection }

function lacking(pod: Pod, { allocatable, others }: AdmissionFacts): Lacking[] {
  const capacity = amountsOf(allocatable)
  const pods = capacity.get("pods") ?? 0
  const found = others.length + 1 > pods ? [outOf("pods", 1, others.length, pods)] : []
  const used = new Map<string, number>()
  for (const other of others) add(used, podRequests(other))
  const wanted = podRequests(withoutClaimed(pod))
  for (const name of inOrder(wanted)) {
    const requested = wanted.get(name) ?? 0
    const has = capacity.get(name)
    // Extended resources that this node does not know are somebody else's to count.
    if (has === undefined && name.includes("/")) continue
    const taken = used.get(name) ?? 0
    if (requested > 0 && requested > (has ?? 0) - taken) found.push(outOf(name, requested, taken, has ?? 0))
  }
  return found
}

/** What claims stand for has been found elsewhere than in the node's own amounts. */
function withoutClaimed(pod: Pod): Pod {
  if (pod.status?.extendedResourceClaimStatus === undefined) return pod
  const counted = (container: Container): Container => {
    const { requests = {}, ...others } = container.resources
    const left = Object.entries(requests).filter(([name]) => !isOfClaim(pod, container, name))
    return { ...container, resources: { ...others, requests: Object.fromEntries(left) } }
  }
  const { containers, initContainers = [] } = pod.spec
  return {
    ...pod,
    spec: { ...pod.spec, containers: containers.map(counted), initContainers: initContainers.map(counted) },
  }
}

function inOrder(amounts: Amounts): string[] {
  const first = ["cpu", "memory", "ephemeral-storage"]
  return [...first, ...[...amounts.keys()].filter((name) => !first.includes(name))]
}

function outOf(resource: string, requested: number, used: number, capacity: number): Lacking {
  const message = `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`
  return { resource, amount: requested - (capacity - used), rejection: { reason: `OutOf${resource}`, message } }
}

/** Only taints that end running pods as well: about the others the scheduler has decided. */
function isDrivenOff({ spec }: Pod, taints: readonly Taint[]): boolean {
  return taints.some((taint) => {
    return taint.effect === "NoExecute" && !(spec.tolerations ?? []).some((each) => tolerates(each, taint))
  })
}

interface HostPort {
  readonly ip: string
  readonly port: number
  readonly protocol: string
}

function portsCollide(pod: Pod, others: readonly Pod[]): boolean {
  const taken = others.flatMap(hostPorts)
  return hostPorts(pod).some((wanted) => taken.some((each) => collide(wanted, each)))
}

function collide(a: HostPort, b: HostPort): boolean {
  const sameAddress = a.ip === b.ip || a.ip === anyAddress || b.ip === anyAddress
  return sameAddress && a.port === b.port && a.protocol === b.protocol
}

const anyAddress = "0.0.0.0"

function hostPorts({ spec }: Pod): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always")
  return [...sidecars, ...spec.containers].flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ containerPort, hostIP, hostPort, protocol }) => {
      const port = hostPort || (spec.hostNetwork ? containerPort : 0)
      return port ? [{ ip: hostIP || anyAddress, port, protocol: protocol ?? "TCP" }] : []
    }),
  )
}
