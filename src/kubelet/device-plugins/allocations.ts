import { onFirstCall } from "../../platform/on-first-use.ts"
import type { CheckpointEntry } from "./checkpoint.ts"
import { ContainerAllocateResponse } from "./service.ts"

const { decodeMessage, encodeMessage } = onFirstCall<typeof import("../../machinery/protobuf/envelope.ts")>(
  "../../machinery/protobuf/envelope.ts",
  import.meta.url,
)

/** The devices of one resource that a container has. */
export interface Allocation {
  readonly ids: ReadonlySet<string>
  /** By NUMA node; -1 for those that are near none. */
  readonly byNode: Readonly<Record<string, readonly string[]>>
  /** What the plugin said that the container needs; undefined until it has. */
  readonly response: ContainerAllocateResponse | undefined
}

/** Who has which devices. */
export interface Allocations {
  /** By resource. */
  of(podUid: string, container: string): ReadonlyMap<string, Allocation>
  set(podUid: string, container: string, resource: string, allocation: Allocation): void
  release(podUid: string): void
  uids(): readonly string[]
  /** Of a resource; `isOthers` leaves out some. */
  used(resource: string, isOthers?: (podUid: string, allocation: Allocation) => boolean): Set<string>
  /** The pods that have one of the devices. */
  usersOf(resource: string, ids: readonly string[]): string[]
  /** How many devices of each resource are given. */
  amounts(): ReadonlyMap<string, number>
  entries(): CheckpointEntry[]
}

export function createAllocations(noted: readonly CheckpointEntry[]): Allocations {
  const pods = new Map<string, Map<string, Map<string, Allocation>>>()
  const put: Allocations["set"] = (podUid, container, resource, allocation) => {
    const containers = pods.get(podUid) ?? new Map<string, Map<string, Allocation>>()
    const resources = containers.get(container) ?? new Map<string, Allocation>()
    pods.set(podUid, containers.set(container, resources.set(resource, allocation)))
  }
  const all = function* () {
    for (const [podUid, containers] of pods) {
      for (const [container, resources] of containers) {
        for (const [resource, allocation] of resources) yield { podUid, container, resource, allocation }
      }
    }
  }
  for (const { AllocResp, ContainerName, DeviceIDs, PodUID, ResourceName } of noted) {
    const response = decodeMessage(ContainerAllocateResponse, Buffer.from(AllocResp ?? "", "base64"))
    put(PodUID, ContainerName, ResourceName, { ids: idsOf(DeviceIDs), byNode: DeviceIDs, response })
  }
  const used: Allocations["used"] = (wanted, isOthers = () => true) => {
    const ids = new Set<string>()
    for (const { allocation, podUid, resource } of all()) {
      if (resource === wanted && isOthers(podUid, allocation)) for (const id of allocation.ids) ids.add(id)
    }
    return ids
  }
  return {
    of: (podUid, container) => pods.get(podUid)?.get(container) ?? new Map(),
    set: put,
    release: (podUid) => void pods.delete(podUid),
    uids: () => [...pods.keys()],
    used,
    amounts: () =>
      new Map([...new Set([...all()].map(({ resource }) => resource))].map((name) => [name, used(name).size])),
    usersOf(wanted, ids) {
      const users = [...all()].filter(
        ({ allocation, resource }) => resource === wanted && ids.some((id) => allocation.ids.has(id)),
      )
      return [...new Set(users.map(({ podUid }) => podUid))]
    },
    entries: () =>
      [...all()].flatMap(({ allocation: { byNode, response }, container, podUid, resource }) => {
        if (response === undefined) return []
        const AllocResp = Buffer.from(encodeMessage(ContainerAllocateResponse, response)).toString("base64")
        const names = { PodUID: podUid, ContainerName: container, ResourceName: resource }
        return [{ ...names, DeviceIDs: byNode, AllocResp }]
      }),
  }
}

function idsOf(byNode: Allocation["byNode"]): ReadonlySet<string> {
  return new Set(Object.values(byNode).flat())
}
