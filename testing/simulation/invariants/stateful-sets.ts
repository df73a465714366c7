import type { StatefulSet } from "../../../src/api/apps/v1/stateful-set.ts"
import type { Pod } from "../../../src/api/core/v1/pod.ts"
import { broken, type Invariant } from "../invariant.ts"
import { controlledBy, controllerOf, isBeginOfEnd, isServing, nameOf, PODS, podChange } from "./pods.ts"

const SETS = "statefulsets.apps"

/** Ordered sets make pods from the first to the last, each when those before it are ready, and end them in reverse. */
export function statefulSets(): Invariant {
  const scaled = new Map<string, number>()
  return {
    name: "stateful sets",
    onChange(change, { isUntouched, record, restsEver }) {
      if (change.resource === SETS && change.after?.metadata.generation !== change.before?.metadata.generation) {
        scaled.set(change.key, restsEver)
      }
      const found = podChange(change)
      const pod = found?.after ?? found?.before
      if (found === undefined || pod === undefined || !isUntouched) return
      const set = record.list<StatefulSet>(SETS).find(({ metadata }) => metadata.uid === controllerOf(pod))
      if (set === undefined || set.spec.podManagementPolicy === "Parallel") return
      const own = ordinalOf(pod)
      const others = controlledBy<Pod>(record, PODS, set.metadata.uid)
      if (found.before === undefined) {
        const missing = others.filter((each) => ordinalOf(each) < own && !isServing(each))
        const first = missing[0]
        if (first !== undefined) throw broken(`${nameOf(pod)} is made while ${nameOf(first)} is not ready`)
        const before = others.filter((each) => ordinalOf(each) < own).length
        const { ordinals, replicas = 1 } = set.spec
        const expected = own - (ordinals?.start ?? 0)
        if (before < expected) throw broken(`${nameOf(pod)} is made when ${before} of ${expected} before it are there`)
        if (expected >= replicas && scaled.get(nameOf(set)) !== restsEver) {
          throw broken(`${nameOf(pod)} is made, but ${nameOf(set)} has ${replicas} replicas`)
        }
      }
      if (!isBeginOfEnd(found) || own < (set.spec.replicas ?? 1) + (set.spec.ordinals?.start ?? 0)) return
      const above = others.find((each) => ordinalOf(each) > own && each.metadata.deletionTimestamp === undefined)
      if (above !== undefined) throw broken(`${nameOf(pod)} is ended before ${nameOf(above)}`)
    },
  }
}

const ordinalOf = ({ metadata: { name } }: Pod): number => Number(name.slice(name.lastIndexOf("-") + 1))
