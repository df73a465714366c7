import type { Pod } from "../../api/core/v1/pod.ts"
import { type Amounts, amountsOf, sumOf } from "./amounts.ts"

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort"

const counted = ["cpu", "memory"] as const

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
export function qosClass(pod: Pod): QosClass {
  const known = pod.status?.qosClass
  if (known === "Guaranteed" || known === "Burstable" || known === "BestEffort") return known
  const whole = pod.spec.resources
  const lists = whole?.requests || whole?.limits ? [whole] : everyContainer(pod).map(({ resources }) => resources ?? {})
  let requests: Amounts = new Map()
  let limits: Amounts = new Map()
  let allLimited = true
  for (const each of lists) {
    const limit = positive(amountsOf(each.limits))
    requests = sumOf(requests, positive(amountsOf(each.requests)))
    limits = sumOf(limits, limit)
    allLimited &&= counted.every((name) => limit.has(name))
  }
  if (requests.size === 0 && limits.size === 0) return "BestEffort"
  const equal = [...requests].every(([name, amount]) => limits.get(name) === amount)
  return allLimited && equal ? "Guaranteed" : "Burstable"
}

function everyContainer(pod: Pod) {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
}

function positive(amounts: Amounts): Amounts {
  return new Map([...amounts].filter(([name, amount]) => amount > 0 && counted.some((each) => each === name)))
}
