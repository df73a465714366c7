import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import { resourcesText } from "./resize.ts"

type Resources = NonNullable<Container["resources"]>

/** What the node has set aside for a pod: what its containers run with until a change of its spec is taken up. */
export interface Allocation {
  /** By container name. */
  readonly containers: ReadonlyMap<string, Resources>
  /** For the pod as a whole. */
  readonly pod: Resources | undefined
}

export function allocationOf({ spec }: Pod): Allocation {
  const all = [...(spec.initContainers ?? []), ...spec.containers]
  return { containers: new Map(all.map(({ name, resources }) => [name, resources ?? {}])), pod: spec.resources }
}

/**
 * What an earlier agent has set aside, by what it reported. A change of the spec since then is to be taken up in the
 * ordinary way.
 */
export function reportedAllocation(pod: Pod): Allocation {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  const asked = allocationOf(pod)
  const reported = [...initContainerStatuses, ...containerStatuses].flatMap(
    ({ allocatedResources, name, resources, state }): [string, Resources][] => {
      if (state?.running === undefined || resources === undefined || !asked.containers.has(name)) return []
      return [[name, { ...resources, ...(allocatedResources && { requests: allocatedResources }) }]]
    },
  )
  return { ...asked, containers: new Map([...asked.containers, ...reported]) }
}

/** The pod as the node runs it. */
export function withAllocation(pod: Pod, { containers, pod: whole }: Allocation): Pod {
  if (!differs(pod, { containers, pod: whole })) return pod
  const allocated = (list: readonly Container[]): Container[] =>
    list.map((container) => ({ ...container, resources: containers.get(container.name) ?? container.resources }))
  const { initContainers, resources: _, ...spec } = pod.spec
  return {
    ...pod,
    spec: {
      ...spec,
      ...(whole && { resources: whole }),
      ...(initContainers && { initContainers: allocated(initContainers) }),
      containers: allocated(spec.containers),
    },
  }
}

/** Whether the pod asks for something else than was set aside. */
export function differs(pod: Pod, { containers, pod: whole }: Allocation): boolean {
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  const changed = all.some(({ name, resources }) => {
    const before = containers.get(name)
    return before !== undefined && resourcesText({ resources: before }) !== resourcesText({ resources })
  })
  return changed || resourcesText({ resources: whole }) !== resourcesText({ resources: pod.spec.resources })
}
