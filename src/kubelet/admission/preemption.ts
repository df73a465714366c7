import type { Pod } from "../../api/core/v1/pod.ts"
import { podRequests } from "../../api/core/v1/pod-resources.ts"
import { qosClass } from "../resources/pod-resources.ts"
import type { Verdict } from "../status/pod-status.ts"
import { isCritical } from "./critical.ts"

/** How much of a resource is missing. */
export interface Shortage {
  readonly resource: string
  readonly amount: number
}

export const preempted: Verdict = {
  phase: "Failed",
  reason: "Preempting",
  message: "Preempted in order to admit critical pod",
  disruption: "Pod was preempted by Kubelet to accommodate a critical pod.",
}

/**
 * The fewest pods of least worth that must go to make room for a critical one: guaranteed ones only for what the others
 * do not give, burstable ones only for what those without requests do not. Throws in the kubelet's words when it cannot
 * be done. https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/
 */
export function podsToPreempt(pod: Pod, others: readonly Pod[], shortages: readonly Shortage[]): Pod[] {
  const weaker = others.filter((other) => isPreemptable(pod, other))
  const of = (qos: string) => weaker.filter((other) => qosClass(other) === qos)
  const [bestEffort, burstable, guaranteed] = [of("BestEffort"), of("Burstable"), of("Guaranteed")]
  const missing = without(shortages, weaker)
  if (missing.length > 0) throw new Error(noSet(missing))
  const third = nearest(guaranteed, without(shortages, [...bestEffort, ...burstable]))
  const second = nearest(burstable, without(shortages, [...bestEffort, ...third]))
  const first = nearest(bestEffort, without(shortages, [...second, ...third]))
  return [...first, ...second, ...third]
}

function isPreemptable(pod: Pod, other: Pod): boolean {
  if (isCritical(pod) && !isCritical(other)) return true
  const [own, its] = [pod.spec.priority, other.spec.priority]
  return own !== undefined && its !== undefined && own > its
}

const noSet = (missing: readonly Shortage[]): string => {
  const list = missing.map(({ amount, resource }) => `(res: ${resource}, q: ${amount}), `).join("")
  return `preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [${list}]`
}

/** Every pod takes one place of a node's. */
const requestOf = (pod: Pod, resource: string): number =>
  resource === "pods" ? 1 : (podRequests(pod).get(resource) ?? 0)

/** What is missing still when the pods are gone. */
function without(shortages: readonly Shortage[], pods: readonly Pod[]): Shortage[] {
  return shortages.flatMap(({ amount, resource }) => {
    const left = pods.reduce((rest, pod) => rest - requestOf(pod, resource), amount)
    return left > 0 ? [{ resource, amount: left }] : []
  })
}

/** Takes the pod that gives most of what is missing, and of two such pods the smaller, until nothing is. */
function nearest(pods: readonly Pod[], shortages: readonly Shortage[]): Pod[] {
  const left = [...pods]
  const taken: Pod[] = []
  for (let missing = [...shortages]; missing.length > 0; ) {
    const [best] = left.toSorted((a, b) => distance(a, missing) - distance(b, missing) || smallerFirst(a, b))
    if (best === undefined) throw new Error(noSet(missing))
    missing = without(missing, [best])
    taken.push(best)
    left.splice(left.indexOf(best), 1)
  }
  return taken
}

/** Each resource counts the same, by the share of it that the pod does not give. */
function distance(pod: Pod, shortages: readonly Shortage[]): number {
  return shortages.reduce((sum, { amount, resource }) => {
    const rest = Math.max(amount - requestOf(pod, resource), 0)
    return sum + (rest / amount) ** 2
  }, 0)
}

function smallerFirst(a: Pod, b: Pod): number {
  return requestOf(a, "memory") - requestOf(b, "memory") || requestOf(a, "cpu") - requestOf(b, "cpu")
}
