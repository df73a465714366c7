import { formatCpus } from "./cpu-set.ts"
import { allCpus, type CpuSet } from "./cpu-topology.ts"
import type { StaticCpuPolicy } from "./static-policy.ts"

/** Which CPUs are whose. */
export interface CpuState {
  /** Of all containers that have none for themselves. */
  readonly shared: CpuSet
  /** By pod uid and container name. */
  readonly assigned: ReadonlyMap<string, ReadonlyMap<string, CpuSet>>
}

export function cpusOfContainer({ assigned }: CpuState, podUid: string, container: string): CpuSet | undefined {
  return assigned.get(podUid)?.get(container)
}

export function assign({ assigned, shared }: CpuState, podUid: string, container: string, cpus: CpuSet): CpuState {
  const ofPod = new Map(assigned.get(podUid)).set(container, cpus)
  return { shared: new Set(shared).difference(cpus), assigned: new Map(assigned).set(podUid, ofPod) }
}

/** Everything that a pod has is shared again. */
export function releasePod({ assigned, shared }: CpuState, podUid: string): CpuState {
  const left = new Map(assigned)
  left.delete(podUid)
  return { shared: new Set(shared).union(union(assigned.get(podUid)?.values() ?? [])), assigned: left }
}

/** All that are some container's alone. */
export function exclusive({ assigned }: CpuState): Set<number> {
  return union([...assigned.values()].flatMap((containers) => [...containers.values()]))
}

/** As a policy begins, when `before` is empty or absent. Throws an `Error` when what was noted does not fit the machine. */
export function startingState(policy: StaticCpuPolicy, before: CpuState | undefined): CpuState {
  const { options, reserved, topology } = policy
  const all = options.strictReservation ? allCpus(topology).difference(reserved) : allCpus(topology)
  if (before === undefined || (before.shared.size === 0 && before.assigned.size === 0)) {
    return { shared: all, assigned: new Map() }
  }
  // Where what is reserved is not shared, everything else may be somebody's.
  if (before.shared.size === 0 && !options.strictReservation) throw new Error("default cpuset cannot be empty")
  const shared = new Set(before.shared)
  const quoted = (cpus: CpuSet) => `"${formatCpus(cpus)}"`
  const kept = new Set(reserved).intersection(shared)
  if (options.strictReservation && kept.size > 0) {
    const found = `${quoted(kept)} are present in defaultCpuSet: ${quoted(shared)}`
    throw new Error(`some of strictly reserved cpus: ${found}`)
  }
  if (!options.strictReservation && kept.size !== reserved.size) {
    const found = `${quoted(reserved)} are present in defaultCpuSet: ${quoted(shared)}`
    throw new Error(`not all reserved cpus: ${found}`)
  }
  for (const [pod, containers] of before.assigned) {
    for (const [container, cpus] of containers) {
      if (shared.isDisjointFrom(cpus)) continue
      const whose = `pod: ${pod}, container: ${container} cpuset: ${quoted(cpus)}`
      throw new Error(`${whose} overlaps with default cpuset ${quoted(shared)}`)
    }
  }
  const noted = shared.union(exclusive(before))
  if (noted.symmetricDifference(all).size > 0) {
    const found = `${quoted(all)} doesn't match with CPUs in state ${quoted(noted)}`
    throw new Error(`current set of available CPUs ${found}`)
  }
  return before
}

function union(sets: Iterable<CpuSet>): Set<number> {
  const all = new Set<number>()
  for (const set of sets) for (const cpu of set) all.add(cpu)
  return all
}
