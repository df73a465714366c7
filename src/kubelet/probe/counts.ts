import type { Pod } from "../../api/core/v1/pod.ts"
import type { ProbeType } from "./threshold.ts"

/** How often a probe of a container gave one result. */
export interface ProbeCount {
  readonly type: "Liveness" | "Readiness" | "Startup"
  readonly result: "successful" | "failed" | "unknown"
  readonly namespace: string
  readonly pod: string
  readonly podUid: string
  readonly container: string
  readonly count: number
}

export interface ProbeCounts {
  add(pod: Pod, container: string, type: ProbeType, outcome: "success" | "warning" | "failure" | "error"): void
  forget(podUid: string): void
  list(): readonly ProbeCount[]
}

const types = { startup: "Startup", readiness: "Readiness", liveness: "Liveness" } as const
const results = { success: "successful", warning: "successful", failure: "failed", error: "unknown" } as const

export function createProbeCounts(): ProbeCounts {
  const pods = new Map<string, Map<string, ProbeCount>>()
  return {
    add({ metadata }, container, type, outcome) {
      const counts = pods.get(metadata.uid) ?? new Map<string, ProbeCount>()
      pods.set(metadata.uid, counts)
      const { name: pod, namespace, uid: podUid } = metadata
      const what = { type: types[type], result: results[outcome], namespace, pod, podUid, container }
      const key = `${container}/${type}/${what.result}`
      counts.set(key, { ...what, count: (counts.get(key)?.count ?? 0) + 1 })
    },
    forget: (podUid) => void pods.delete(podUid),
    list: () => [...pods.values()].flatMap((counts) => [...counts.values()]),
  }
}
