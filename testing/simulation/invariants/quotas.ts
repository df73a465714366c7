import type { Pod } from "../../../src/api/core/v1/pod.ts"
import type { ResourceQuota } from "../../../src/api/core/v1/resource-quota.ts"
import { parseQuantity, quantityMilliValue } from "../../../src/machinery/quantity/quantity.ts"
import { broken, type Invariant } from "../invariant.ts"
import type { Record } from "../record.ts"
import { nameOf, PODS } from "./pods.ts"

/** Nothing new goes beyond a quota, and what quotas say is used is what there is. */
export function quotas(): Invariant {
  return {
    name: "quotas",
    onChange({ after, before, resource }, { nowMs, record }) {
      const namespace = after?.metadata.namespace
      if (before !== undefined || namespace === undefined) return
      for (const quota of quotasOf(record, namespace)) {
        for (const [name, hard] of Object.entries(quota.status.hard ?? {})) {
          if (kindOf(name) !== resource) continue
          const used = usage(record, namespace, name, nowMs)
          if (used <= milli(hard)) continue
          throw broken(`with ${resource} ${nameOf(after as never)}, ${name} is ${used / 1000} of ${hard} allowed`)
        }
      }
    },
    atRest({ record }) {
      for (const quota of record.list<ResourceQuota>("resourcequotas")) {
        const said = new Map(Object.entries(quota.status.used ?? {}))
        for (const name of Object.keys(quota.spec.hard ?? {})) {
          const used = usage(record, quota.metadata.namespace, name)
          if (milli(said.get(name) ?? "0") === used) continue
          throw broken(`${nameOf(quota)} says ${said.get(name)} ${name} are used, found ${used / 1000}`)
        }
      }
    },
  }
}

const milli = (text: string): number => quantityMilliValue(parseQuantity(text))

const kindOf = (name: string): string => (name.startsWith("requests.") ? PODS : name.replace(/^count\//, ""))

function quotasOf(record: Record, namespace: string): ResourceQuota[] {
  return record.list<ResourceQuota>("resourcequotas").filter(({ metadata }) => metadata.namespace === namespace)
}

/** A pod that should have ended by now counts no longer, though it may still be there. */
function isOverdue({ metadata }: Pod, nowMs: number): boolean {
  const { deletionGracePeriodSeconds = 0, deletionTimestamp } = metadata
  return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000 < nowMs
}

/** In thousandths. Without a time, pods that should have ended count as well. */
function usage(record: Record, namespace: string, name: string, nowMs = 0): number {
  const objects = record.list(kindOf(name)).filter(({ metadata }) => metadata.namespace === namespace)
  if (kindOf(name) !== PODS) return objects.length * 1000
  const pods = (objects as unknown as Pod[]).filter(
    (pod) => !/Succeeded|Failed/.test(pod.status.phase ?? "") && !isOverdue(pod, nowMs),
  )
  if (!name.startsWith("requests.")) return pods.length * 1000
  const asked = name.slice("requests.".length)
  return pods
    .flatMap(({ spec }) => spec.containers)
    .reduce((sum, { resources }) => {
      const request = new Map(Object.entries(resources?.requests ?? {})).get(asked)
      return request === undefined ? sum : sum + milli(request)
    }, 0)
}
