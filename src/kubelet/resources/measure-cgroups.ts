import type { Timings } from "../timings.ts"
import type { PodCgroups } from "./pod-cgroups.ts"

/** Measures how long changes of groups take. */
export function measureCgroups(
  cgroups: PodCgroups,
  timings: Pick<Timings, "observe">,
  clock: { monotonicMs(): number },
): PodCgroups {
  const timed = (method: string, work: () => void): void => {
    const beganMs = clock.monotonicMs()
    work()
    const seconds = (clock.monotonicMs() - beganMs) / 1000
    timings.observe("kubelet_cgroup_manager_duration_seconds", seconds, { operation_type: method })
  }
  /** Those that have a group. Looked up once: the kubelet makes all others itself. */
  let uids: Set<string> | undefined
  const known = () => (uids ??= new Set(cgroups.uids()))
  return {
    ...cgroups,
    limit: (resources) => timed("update", () => cgroups.limit(resources)),
    ensure(pod, ownCpus) {
      const { uid } = pod.metadata
      timed(known().has(uid) ? "update" : "create", () => cgroups.ensure(pod, ownCpus))
      known().add(uid)
    },
    remove(podUid) {
      timed("destroy", () => cgroups.remove(podUid))
      known().delete(podUid)
    },
  }
}
